//! Registrations by themselves, with a home that can be told what to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::queue::test_support::*;

/// A home that keeps what is brought, or refuses it.
#[derive(Default)]
struct Grave {
    refuses: bool,
    remains: Mutex<Vec<Remains>>,
}

impl Home for Grave {
    fn bury(&self, remains: Remains) -> Result<(), Remains> {
        if self.refuses {
            return Err(remains);
        }
        self.remains.lock().push(remains);
        Ok(())
    }

    fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

fn weak(grave: &Arc<Grave>) -> Weak<dyn Home> {
    let weak: Weak<Grave> = Arc::downgrade(grave);
    weak
}

#[test]
fn it_runs_until_it_is_retired() {
    let (witness, ran) = (Witness::default(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&ran);
    let registration = callback(witness.data(), move |by: &usize| {
        counted.fetch_add(*by, Ordering::SeqCst);
    });
    assert!(registration.run(&1));
    assert!(registration.run(&2));
    let runner = Arc::clone(&registration);
    registration.retire();
    assert_eq!(witness.death().thread, thread::current().id());
    assert!(!runner.run(&4));
    runner.retire();
    witness.death();
    assert_eq!(ran.load(Ordering::SeqCst), 3);
}

#[test]
fn it_is_destroyed_when_it_is_dropped() {
    let witness = Witness::default();
    let registration = callback(witness.data(), |(): &()| {});
    let second = Arc::clone(&registration);
    drop(registration);
    assert_eq!(witness.count(), 0);
    drop(second);
    witness.death();
}

#[test]
fn it_may_lead_to_itself_while_somebody_waits_to_retire_it() {
    let (paused, pause) = Paused::pair();
    let (witness, depth) = (Witness::default(), Arc::new(AtomicUsize::new(0)));
    let itself: Arc<OnceLock<Weak<Callback<()>>>> = Arc::default();
    let (again, deeper) = (Arc::clone(&itself), Arc::clone(&depth));
    let registration = callback(witness.data(), move |(): &()| {
        if deeper.fetch_add(1, Ordering::SeqCst) == 0 {
            pause();
            assert!(again.get().unwrap().upgrade().unwrap().run(&()));
        }
    });
    itself.set(Arc::downgrade(&registration)).unwrap();
    let runner = Arc::clone(&registration);
    let runner = Worker::start(move || runner.run(&()));
    paused.wait_until_begun();
    let retirer = Worker::start(move || registration.retire());
    assert!(retirer.is_busy());
    paused.go_on();
    assert!(runner.result());
    retirer.result();
    assert_eq!(depth.load(Ordering::SeqCst), 2);
    witness.death();
}

#[test]
fn the_first_home_stays() {
    let (first, second, witness) =
        (Arc::new(Grave::default()), Arc::new(Grave::default()), Witness::default());
    let registration = callback(witness.data(), |(): &()| {});
    registration.settle(weak(&first));
    registration.settle(weak(&second));
    Background::new().run(move || drop(registration));
    assert_eq!(witness.count(), 0);
    assert_eq!((first.remains.lock().len(), second.remains.lock().len()), (1, 0));
    first.remains.lock().clear();
    witness.death();
}

#[test]
fn the_runtime_brings_it_home_or_to_the_graveyard() {
    let background = Background::new();
    let refusing = Arc::new(Grave { refuses: true, ..Grave::default() });
    let gone = weak(&Arc::new(Grave::default()));
    for place in [Some(weak(&refusing)), Some(gone), None] {
        let witness = Witness::default();
        let registration = callback(witness.data(), |(): &()| {});
        if let Some(place) = place {
            registration.settle(place);
        }
        background.run(move || drop(registration));
        eventually("the program destroys it", || {
            clear_graveyard();
            witness.count() > 0
        });
        witness.death();
    }
    assert!(refusing.remains.lock().is_empty());
}

#[test]
fn inside_a_callback_it_is_destroyed_where_it_is_served() {
    let (grave, other) = (Arc::new(Grave::default()), Arc::new(Grave::default()));
    let retire_in = |inside: &[&Grave]| {
        let witness = Witness::default();
        let registration = callback(witness.data(), |(): &()| {});
        registration.settle(weak(&grave));
        let inside: Vec<_> = inside.iter().map(|home| Serving::enter(home.identity())).collect();
        registration.retire();
        drop(inside);
        witness
    };
    retire_in(&[&grave]).death();
    retire_in(&[&other, &grave]).death();
    retire_in(&[&grave, &other]).death();
    let elsewhere = retire_in(&[&other]);
    assert_eq!(elsewhere.count(), 0);
    assert_eq!(grave.remains.lock().len(), 1);
    grave.remains.lock().clear();
    elsewhere.death();
}

#[test]
fn whoever_lets_go_last_it_is_destroyed_where_it_is_served() {
    for _ in 0..2_000 {
        let (grave, witness) = (Arc::new(Grave::default()), Witness::default());
        let registration = callback(witness.data(), |(): &()| {});
        registration.settle(weak(&grave));
        let runner = Arc::clone(&registration);
        let place = grave.identity();
        let runner = thread::spawn(move || {
            let _serving = Serving::enter(place);
            runner.run(&());
            drop(runner);
            thread::current().id()
        });
        let retirer = thread::spawn(move || {
            let _elsewhere = Serving::enter(1);
            registration.retire();
        });
        let served_by = runner.join().unwrap();
        retirer.join().unwrap();
        if grave.remains.lock().pop().is_none() {
            assert_eq!(witness.death().thread, served_by);
        }
        witness.death();
    }
}

#[test]
fn the_thread_knows_what_it_is_inside_of() {
    assert!(!inside_callback() && !is_serving(1));
    let outer = Serving::enter(1);
    {
        let _inner = Serving::enter(2);
        assert!(inside_callback() && is_serving(1) && is_serving(2));
        assert!(!in_time(|| inside_callback() || is_serving(1)), "each thread for itself");
    }
    assert!(is_serving(1) && !is_serving(2));
    drop(outer);
    assert!(!inside_callback());
}

#[test]
fn a_thread_past_its_end_can_still_let_go() {
    // Destroyed after the list of homes, because it was made before.
    struct Last(Arc<Mutex<Option<Arc<Callback<()>>>>>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.lock().take().unwrap().retire();
        }
    }
    thread_local! {
        static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    let witness = Witness::default();
    let registration = callback(witness.data(), |(): &()| {});
    let slot = Arc::new(Mutex::new(Some(registration)));
    in_time(move || {
        LAST.set(Some(Last(slot)));
        assert!(!inside_callback());
    });
    eventually("its last destructor has run", || witness.count() == 1);
    assert!(!witness.death().inside_callback);
}
