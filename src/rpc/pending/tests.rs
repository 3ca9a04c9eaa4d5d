use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::super::random::Random;
use super::*;

/// Counts how often it was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn ask(pending: &Pending, id: i64) -> Poll<Option<Result<String>>> {
    pending.poll(id, &Context::from_waker(Waker::noop()))
}

fn add(pending: &Pending, on_result: Option<OnResult>) -> i64 {
    pending.add(on_result).unwrap().0
}

fn settle(pending: &Pending, id: i64, answer: Result<String>) -> bool {
    pending.settle(id, answer, |text| text)
}

/// The result that is there.
fn result(pending: &Pending, id: i64) -> String {
    match ask(pending, id) {
        Poll::Ready(Some(Ok(result))) => result,
        other => panic!("no result: {other:?}"),
    }
}

#[test]
fn an_id_whose_slot_is_taken_is_left_out() {
    let pending = Pending::default();
    let first = add(&pending, None);
    let mut ids = vec![first];
    for _ in 0..10 * FIRST {
        let id = add(&pending, None);
        assert!(settle(&pending, id, Ok(id.to_string())));
        assert_eq!(result(&pending, id), id.to_string());
        ids.push(id);
    }
    assert!(ids.is_sorted_by(|a, b| a < b));
    assert!(ids[1..].iter().all(|id| id % FIRST as i64 != first), "{ids:?}");
    assert_eq!(pending.len(), 1);
    for id in ids.drain(..).chain([0, -1, i64::MIN, i64::MAX]).filter(|id| *id != first) {
        assert!(!settle(&pending, id, Ok("late".to_string())), "{id}");
    }
    assert!(settle(&pending, first, Ok("at last".to_string())));
    assert!(!settle(&pending, first, Ok("again".to_string())));
    assert_eq!(result(&pending, first), "at last");
    assert!(matches!(ask(&pending, first), Poll::Ready(None)));
}

#[test]
fn many_slots_are_given_back() {
    let pending = Pending::default();
    let ids: Vec<_> = (0..4 * KEEP).map(|_| add(&pending, None)).collect();
    assert!(ids.iter().copied().eq(1..=4 * KEEP as i64));
    assert!(pending.0.lock().slots.len() > KEEP);
    for id in ids {
        assert!(pending.abandon(id));
    }
    assert_eq!(pending.0.lock().slots.len(), 0);
    assert_eq!(add(&pending, None), 4 * KEEP as i64 + 1);
}

#[test]
fn the_one_who_asked_last_is_woken_and_only_once() {
    let pending = Pending::default();
    let (former, latter) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    let id = add(&pending, None);
    for wakes in [&former, &latter, &latter] {
        let waker = Waker::from(Arc::clone(wakes));
        assert!(pending.poll(id, &Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(Arc::strong_count(&former), 1, "it is not kept");
    settle(&pending, id, Ok(String::new()));
    let woken = |wakes: &Wakes| wakes.0.load(Ordering::SeqCst);
    assert_eq!((woken(&former), woken(&latter)), (0, 1));
    assert_eq!(Arc::strong_count(&latter), 1);
}

#[test]
fn a_waker_may_itself_use_the_table() {
    /// Abandons a request when it is woken, and another when it is dropped.
    struct Meddler(Arc<Pending>, [i64; 2]);

    impl Wake for Meddler {
        fn wake(self: Arc<Self>) {
            self.0.abandon(self.1[0]);
        }
    }

    impl Drop for Meddler {
        fn drop(&mut self) {
            self.0.abandon(self.1[1]);
        }
    }

    fn run(end: impl FnOnce(&Pending, i64)) {
        let pending = Arc::new(Pending::default());
        let ids = [(); 3].map(|()| add(&pending, None));
        let waker = Waker::from(Arc::new(Meddler(Arc::clone(&pending), [ids[1], ids[2]])));
        assert!(pending.poll(ids[0], &Context::from_waker(&waker)).is_pending());
        drop(waker);
        end(&pending, ids[0]);
        assert!(matches!(ask(&pending, ids[2]), Poll::Ready(None)));
    }

    run(|pending, id| assert!(settle(pending, id, Ok(String::new()))));
    run(|pending, id| assert!(pending.abandon(id)));
    run(|pending, id| assert!(pending.withdraw(id)));
    run(|pending, id| assert!(ask(pending, id).is_pending()));
    run(|pending, _| pending.fail_callers(&panicked()));
    run(|pending, _| {
        let failing = pending.close(&panicked(), || {}).unwrap();
        pending.fail(failing, &panicked());
    });
}

#[test]
fn bookkeeping_that_panics_fails_its_call() {
    let pending = Pending::default();
    let id = add(&pending, Some(Box::new(|_| panic!("a test asked for it"))));
    let settled = catch_unwind(AssertUnwindSafe(|| settle(&pending, id, Ok(String::new()))));
    assert!(settled.is_err());
    assert!(matches!(ask(&pending, id), Poll::Ready(Some(Err(error))) if error.code() == Code::Internal));
    assert_eq!(pending.len(), 0);
}

/// What the table should hold, without slots.
#[derive(Default)]
struct Model {
    requests: BTreeMap<i64, Expected>,
    closed: bool,
}

struct Expected {
    open: bool,
    /// `None` when it is gone; the answer, once there is one.
    caller: Option<Option<std::result::Result<String, ()>>>,
    booked: Option<Arc<AtomicUsize>>,
}

impl Model {
    fn tidy(&mut self) {
        self.requests
            .retain(|_, request| request.caller.is_some() || (request.open && request.booked.is_some()));
    }

    /// A request that there has been, or just not.
    fn any_id(&self, random: &mut Random) -> i64 {
        let known: Vec<_> = self.requests.keys().copied().collect();
        match known.is_empty() || random.below(8) == 0 {
            true => random.below(200) as i64,
            false => known[random.below(known.len())],
        }
    }
}

fn step(pending: &Pending, model: &mut Model, random: &mut Random, seed: u64) {
    let id = model.any_id(random);
    let mut request = model.requests.get_mut(&id);
    match random.below(40) {
        0..16 => {
            let booked = (random.below(3) == 0).then(Arc::<AtomicUsize>::default);
            let count = booked.clone();
            let on_result = count.map(|count| {
                let run: OnResult = Box::new(move |_| {
                    count.fetch_add(1, Ordering::SeqCst);
                });
                run
            });
            let added = pending.add(on_result);
            assert_eq!(added.is_err(), model.closed, "seed {seed}");
            if let Ok((id, is_alone)) = added {
                assert_eq!(is_alone, model.requests.values().all(|request| !request.open), "seed {seed}");
                assert!(model.requests.keys().all(|earlier| *earlier < id), "seed {seed}");
                model.requests.insert(id, Expected { open: true, caller: Some(None), booked });
            }
        }
        16..26 => {
            let answer = if random.below(3) > 0 { Ok(format!("{id}")) } else { Err(panicked()) };
            let expected = request.as_ref().is_some_and(|request| request.open);
            assert_eq!(settle(pending, id, answer.clone()), expected, "seed {seed}");
            if let Some(request) = request.as_mut().filter(|_| expected) {
                request.open = false;
                let runs = request.booked.as_ref().map(|count| count.load(Ordering::SeqCst));
                assert!(runs.is_none_or(|runs| runs == usize::from(answer.is_ok())), "seed {seed}");
                if let Some(None) = request.caller {
                    request.caller = Some(Some(answer.map_err(|_| ())));
                }
            }
        }
        26..34 => {
            let expected = match request.as_mut() {
                None => Poll::Ready(None),
                Some(request) => match request.caller.take() {
                    None => Poll::Ready(None),
                    Some(None) => {
                        request.caller = Some(None);
                        Poll::Pending
                    }
                    Some(Some(answer)) => Poll::Ready(Some(answer)),
                },
            };
            assert_eq!(
                ask(pending, id).map(|answer| answer.map(|a| a.map_err(|_| ()))),
                expected,
                "seed {seed}"
            );
        }
        34..38 => {
            let waited = request.as_ref().is_some_and(|request| matches!(request.caller, Some(None)));
            assert_eq!(pending.abandon(id), waited, "seed {seed}");
            if let Some(request) = request.as_mut() {
                request.caller = None;
            }
        }
        38 => {
            pending.fail_callers(&panicked());
            for request in model.requests.values_mut().filter(|request| request.open) {
                request.open = request.booked.is_some();
                if let Some(None) = request.caller {
                    request.caller = Some(Some(Err(())));
                }
            }
        }
        _ if random.below(4) == 0 => {
            let closed = pending.close(&panicked(), || {});
            assert_eq!(closed.is_none(), model.closed, "seed {seed}");
            if let Some(failing) = closed {
                pending.fail(failing, &panicked());
            }
            model.closed = true;
            for request in model.requests.values_mut().filter(|request| request.open) {
                request.open = false;
                if let Some(None) = request.caller {
                    request.caller = Some(Some(Err(())));
                }
            }
        }
        _ => {}
    }
    model.tidy();
    let table = pending.0.lock();
    assert_eq!(table.taken, model.requests.len(), "seed {seed}");
    assert_eq!(table.open, model.requests.values().filter(|request| request.open).count(), "seed {seed}");
    assert_eq!(table.taken, table.slots.iter().filter(|slot| slot.id != 0).count(), "seed {seed}");
}

#[test]
fn the_slots_hold_what_a_map_would() {
    for seed in 1..=300 {
        let mut random = Random::of(seed);
        let (pending, mut model) = (Pending::default(), Model::default());
        for _ in 0..random.below(400) {
            step(&pending, &mut model, &mut random, seed);
        }
    }
}

#[test]
fn a_request_that_nobody_waits_for_has_a_number_of_its_own_and_no_slot() {
    let pending = Pending::default();
    let first = add(&pending, None);
    let (unheard, is_alone) = pending.number().unwrap();
    assert!(unheard > first && !is_alone);
    assert_eq!((add(&pending, None), pending.len()), (unheard + 1, 2));
    assert!(!settle(&pending, unheard, Ok(String::new())));
    assert!(settle(&pending, first, Ok(String::new())) && settle(&pending, unheard + 1, Ok(String::new())));
    assert!(pending.number().unwrap().1);
    drop(pending.close(&panicked(), || ()));
    assert!(pending.number().is_err());
}

#[test]
fn an_answer_that_nobody_wants_is_not_made_into_a_text() {
    let pending = Pending::default();
    let (dropped, kept) = (add(&pending, None), add(&pending, None));
    pending.abandon(dropped);
    assert!(!pending.settle(dropped, Ok(()), |()| unreachable!()));
    assert!(pending.settle(kept, Ok(()), |()| "it".to_string()));
    assert_eq!(result(&pending, kept), "it");
    assert!(pending.settle(add(&pending, None), Err::<(), _>(panicked()), |()| unreachable!()));
}
