use super::*;
use crate::error::{Code, Reason, Result};

/// A session as a server plays it, and what its waits came to.
#[derive(Default)]
struct Stage {
    waits: Waits,
    seen: u32,
}

type Ended = mpsc::UnboundedReceiver<Tiding>;

impl Stage {
    fn send(&self, prompt: &str) -> (Arc<Wait>, Ended) {
        let (wait, ended) = self.waits.begin(prompt);
        self.waits.hold(|held| held.sent(wait.ticket()));
        (wait, ended)
    }

    /// A message that the server has accepted under its own text as id.
    fn accepted(&self, prompt: &str) -> Ended {
        let (wait, ended) = self.send(prompt);
        self.accept(&wait, prompt);
        ended
    }

    fn accept(&self, wait: &Wait, id: &str) {
        self.waits.accepted(wait.ticket());
        wait.accept(id);
    }

    /// Plays events; each is told by its number.
    fn play(&mut self, events: &[Acted]) {
        for acted in events {
            self.seen += 1;
            self.waits.see(acted, Some(&format!("event {}", self.seen)));
        }
    }
}

/// What a wait came to: its outcome and event, or the reason.
fn end(ended: &mut Ended) -> Option<std::result::Result<(&'static str, String), Reason>> {
    match ended.try_recv().ok()? {
        Tiding::End(Ok(end)) => Some(Ok((end.outcome, end.event.unwrap_or_default()))),
        Tiding::End(Err(error)) => Some(Err(error.reason().expect("the errors of waits have a reason"))),
        Tiding::Dropped => Some(Ok(("dropped", String::new()))),
    }
}

/// How a wait that is over ended.
fn whole_end(ended: &mut Ended) -> Result<TurnEnd> {
    match ended.try_recv() {
        Ok(Tiding::End(end)) => end,
        other => panic!("no end, but {other:?}"),
    }
}

fn done(outcome: &'static str, event: &str) -> Option<std::result::Result<(&'static str, String), Reason>> {
    Some(Ok((outcome, event.into())))
}

/// A turn begins, in the words of the newest servers.
fn user(id: &str) -> Acted {
    Acted::UserMessage {
        message_id: Some(id.into()),
        content: id.into(),
        injected: false,
        steering: Some(false),
    }
}

/// A turn begins, in the words of the servers that name no message.
fn said(content: &str) -> Acted {
    Acted::UserMessage { message_id: None, content: content.into(), injected: false, steering: None }
}

fn steering(acted: Acted) -> Acted {
    match acted {
        Acted::UserMessage { message_id, content, injected, .. } => {
            Acted::UserMessage { message_id, content, injected, steering: Some(true) }
        }
        other => other,
    }
}

fn answer(originating: Option<&str>) -> Acted {
    Acted::AssistantMessage { originating: originating.map(String::from), has_text: true, model: None }
}

fn silent(originating: Option<&str>) -> Acted {
    Acted::AssistantMessage { originating: originating.map(String::from), has_text: false, model: None }
}

fn error(originating: Option<&str>) -> Acted {
    error_of_type(originating, "query")
}

fn error_of_type(originating: Option<&str>, error_type: &str) -> Acted {
    Acted::SessionError {
        originating: originating.map(String::from),
        error_type: error_type.into(),
        message: "no".into(),
        status_code: None,
        may_go_on: false,
    }
}

const IDLE: Acted = Acted::Idle { aborted: Some(false), autopilot: false };
const IDLE_ABORTED: Acted = Acted::Idle { aborted: Some(true), autopilot: false };
/// Of the servers that do not say whether it was an abort.
const IDLE_OLD: Acted = Acted::Idle { aborted: None, autopilot: false };
const PAUSE: Acted = Acted::Idle { aborted: Some(false), autopilot: true };
const ABORT: Acted = Acted::Aborted { reason: None };
const START: Acted = Acted::TurnStart;
const END: Acted = Acted::TurnEnd;

/// What one wait for message "m" comes to after these events; those before `reply` come before the reply to the send.
fn verdict(before: &[Acted], after: &[Acted]) -> Option<std::result::Result<(&'static str, String), Reason>> {
    let mut stage = Stage::default();
    let (wait, mut ended) = stage.send("m");
    stage.play(before);
    assert_eq!(end(&mut ended), None, "no end before the reply");
    stage.accept(&wait, "m");
    stage.play(after);
    end(&mut ended)
}

#[test]
fn a_turn_ends_with_its_last_message() {
    let turn =
        [user("m"), START, answer(Some("m")), END, START, answer(Some("m")), END, Acted::AgentIdle, IDLE];
    for reply in 0..=turn.len() {
        let (before, after) = turn.split_at(reply);
        assert_eq!(verdict(before, after), done("answer", "event 6"), "reply after {reply}");
    }
    assert_eq!(verdict(&[], &turn[..8]), None, "work in the background goes on");
}

#[test]
fn what_belongs_to_another_message_counts_for_nothing() {
    assert_eq!(verdict(&[], &[user("other"), answer(Some("other")), IDLE]), None);
    assert_eq!(verdict(&[], &[error(Some("other")), IDLE]), None);
    assert_eq!(verdict(&[], &[user("other"), error(None), IDLE]), None);
    let turn = [IDLE, user("m"), answer(Some("other")), IDLE];
    assert_eq!(verdict(&[], &turn), done("empty", ""));
}

#[test]
fn a_wait_begun_in_the_turn_of_another_waits_for_its_own() {
    let mut stage = Stage::default();
    stage.play(&[said("of another client"), START]);
    let mut ended = stage.accepted("m");
    stage.play(&[answer(None), END, error(None), IDLE_OLD]);
    assert_eq!(end(&mut ended), None);
    stage.play(&[said("m"), START, answer(None), END, IDLE_OLD]);
    assert_eq!(end(&mut ended), done("answer", "event 9"));
}

#[test]
fn queued_messages_end_with_one_idle_and_each_has_its_own_answer() {
    for old in [false, true] {
        let mut stage = Stage::default();
        let mut ends = ["one", "two", "three"].map(|prompt| stage.accepted(prompt));
        for (number, prompt) in ["one", "two", "three"].iter().enumerate() {
            let (begins, id) = if old { (said(prompt), None) } else { (user(prompt), Some(*prompt)) };
            let spoken = if number == 1 { silent(id) } else { answer(id) };
            stage.play(&[begins, START, spoken, END]);
        }
        stage.play(&[if old { IDLE_OLD } else { IDLE }]);
        let ends = ends.each_mut().map(end);
        assert_eq!(ends, [done("answer", "event 3"), done("empty", "event 7"), done("answer", "event 11")]);
    }
}

#[test]
fn a_failure_is_that_of_its_own_turn() {
    // The servers before CLI 1.0.102 do not name the message that failed.
    for old in [false, true] {
        let begins = |prompt| if old { said(prompt) } else { user(prompt) };
        let mut stage = Stage::default();
        let mut ends = ["one", "two", "three"].map(|prompt| stage.accepted(prompt));
        stage.play(&[begins("one"), START, answer(None), END]);
        stage.play(&[begins("two"), START, END, error(None)]);
        stage.play(&[begins("three"), START, answer(None), END, Acted::AgentIdle, IDLE_OLD]);
        let ends = ends.each_mut().map(end);
        assert_eq!(ends, [done("answer", "event 3"), Some(Err(Reason::Error)), done("answer", "event 11")]);
    }
}

#[test]
fn a_message_that_a_hook_changed_is_found_by_its_place() {
    let mut stage = Stage::default();
    let ticket = stage.waits.note("sent by itself");
    stage.waits.accepted(ticket);
    let mut ended = stage.accepted("m");
    stage.play(&[
        said("sent by itself"),
        START,
        answer(None),
        END,
        said("changed"),
        START,
        answer(None),
        END,
    ]);
    stage.play(&[IDLE_OLD]);
    assert_eq!(end(&mut ended), done("answer", "event 7"));
}

#[test]
fn a_message_that_joins_a_turn_gets_the_answer_of_that_turn() {
    for old in [false, true] {
        let mut stage = Stage::default();
        let mut first = stage.accepted("one");
        let (begins, id) = if old { (said("one"), None) } else { (user("one"), Some("one")) };
        stage.play(&[begins, START, silent(id), END]);
        let mut second = stage.accepted("two");
        let joins = if old { said("two") } else { steering(user("two")) };
        stage.play(&[START, joins, answer(id), END, IDLE]);
        assert_eq!(end(&mut first), done("answer", "event 7"));
        assert_eq!(end(&mut second), done("answer", "event 7"));
    }
}

#[test]
fn what_the_server_puts_in_by_itself_is_no_turn_of_its_own() {
    let put_in =
        Acted::UserMessage { message_id: None, content: "a skill".into(), injected: true, steering: None };
    let turn = [said("m"), START, silent(None), put_in, END, START, answer(None), END, IDLE_OLD];
    assert_eq!(verdict(&[], &turn), done("answer", "event 7"));
    // The reason that a hook gave for going on has an id of its own; the answer is still to ours.
    let turn = [user("m"), answer(Some("m")), END, user("hook"), START, answer(Some("m")), END, IDLE];
    assert_eq!(verdict(&[], &turn), done("answer", "event 6"));
    let turn = [said("m"), START, answer(None), END, said("go on"), START, answer(None), END, IDLE_OLD];
    assert_eq!(verdict(&[], &turn), done("answer", "event 7"));
}

#[test]
fn a_server_that_gives_no_id_ends_the_wait_at_the_first_end() {
    let mut stage = Stage::default();
    let (wait, mut ended) = stage.send("m");
    stage.accept(&wait, "");
    stage.play(&[answer(None), IDLE]);
    assert_eq!(end(&mut ended), done("answer", "event 1"));
}

#[test]
fn empty_and_refused_turns_are_told_from_answers() {
    assert_eq!(verdict(&[], &[user("m"), silent(Some("m")), IDLE]), done("empty", "event 2"));
    assert_eq!(verdict(&[], &[user("m"), IDLE]), done("empty", ""));
    for originating in [Some(String::from("m")), None] {
        let blocked = [Acted::PolicyBlocked { originating }, Acted::AgentIdle, IDLE];
        assert_eq!(verdict(&[], &blocked), done("refused", ""));
        assert_eq!(verdict(&blocked[..1], &blocked[1..]), done("refused", ""));
    }
    let another = [Acted::PolicyBlocked { originating: Some("other".into()) }, IDLE];
    assert_eq!(verdict(&[], &another), None);
}

#[test]
fn an_abort_is_an_error_in_every_generation() {
    let aborted = Some(Err(Reason::Aborted));
    assert_eq!(verdict(&[], &[user("m"), IDLE_ABORTED]), aborted);
    assert_eq!(verdict(&[], &[said("m"), ABORT, IDLE_OLD]), aborted);
    // A newer server that says it was none is believed: it also sends `abort` for a permission that was rejected.
    assert_eq!(verdict(&[], &[user("m"), ABORT, IDLE]), done("empty", ""));
    let mut stage = Stage::default();
    let (wait, mut ended) = stage.send("m");
    stage.accept(&wait, "m");
    stage.play(&[user("m"), IDLE_ABORTED]);
    assert_eq!(whole_end(&mut ended).unwrap_err().code(), Code::Cancelled);
}

#[test]
fn an_abort_drops_the_messages_that_wait_or_lets_them_go_on() {
    // The newest servers drop them.
    let mut stage = Stage::default();
    let mut ends = ["one", "two"].map(|prompt| stage.accepted(prompt));
    let (late, mut late_end) = stage.send("three");
    let (early, mut early_end) = stage.send("four");
    stage.play(&[user("one"), START, ABORT, END, IDLE_ABORTED]);
    assert_eq!(ends.each_mut().map(end), [Some(Err(Reason::Aborted)), done("dropped", "")]);
    // Whether a message came before or behind the abort shows when its turn begins or does not.
    stage.accept(&late, "three");
    assert_eq!(end(&mut late_end), done("dropped", ""));
    stage.play(&[user("three"), answer(Some("three")), IDLE]);
    assert_eq!(end(&mut late_end), done("answer", "event 7"));
    stage.play(&[user("two"), answer(Some("two")), IDLE]);
    assert_eq!(end(&mut ends[1]), done("answer", "event 10"));
    stage.play(&[user("four"), answer(Some("four")), IDLE]);
    stage.accept(&early, "four");
    assert_eq!(end(&mut early_end), done("answer", "event 13"));
    // The older ones go on with the next message, and end both with one idle.
    let mut stage = Stage::default();
    let mut ends = ["one", "two"].map(|prompt| stage.accepted(prompt));
    stage.play(&[said("one"), START, ABORT, said("two"), START, answer(None), END, IDLE_OLD]);
    assert_eq!(ends.each_mut().map(end), [Some(Err(Reason::Aborted)), done("answer", "event 6")]);
}

#[test]
fn a_failure_that_names_the_message_ends_the_wait_at_once() {
    assert_eq!(verdict(&[], &[user("m"), error(Some("m"))]), Some(Err(Reason::Error)));
    assert_eq!(verdict(&[], &[error(Some("m"))]), Some(Err(Reason::Error)), "before its turn began");
}

#[test]
fn a_failure_without_a_name_counts_if_nothing_follows_but_the_end() {
    let failed = Some(Err(Reason::Error));
    assert_eq!(verdict(&[], &[said("m"), START, END, error(None), IDLE_OLD]), failed);
    assert_eq!(verdict(&[], &[said("m"), START, END, error(None), Acted::AgentIdle]), failed);
    assert_eq!(verdict(&[], &[said("m"), START, END, error(None)]), None);
    // Before its turn began: without any login.
    assert_eq!(verdict(&[], &[error(None), IDLE_OLD]), failed);
    assert_eq!(verdict(&[error(None)], &[Acted::AgentIdle]), failed);
    // In the background, while the turn goes on, and after the agent was done.
    let goes_on = [said("m"), START, error(None), END, START, answer(None), END, IDLE_OLD];
    assert_eq!(verdict(&[], &goes_on), done("answer", "event 6"));
    let afterwards = [said("m"), START, answer(None), END, Acted::AgentIdle, error(None), IDLE_OLD];
    assert_eq!(verdict(&[], &afterwards), done("answer", "event 3"));
    let logged = [user("m"), error_of_type(None, "notification"), answer(Some("m")), IDLE];
    assert_eq!(verdict(&[], &logged), done("answer", "event 3"));
}

/// The error of a wait whose turn had these events.
fn failure_of(events: &[Acted]) -> Error {
    let mut stage = Stage::default();
    let mut ended = stage.accepted("m");
    stage.play(&[said("m"), START]);
    stage.play(events);
    whole_end(&mut ended).unwrap_err()
}

#[test]
fn the_status_of_the_last_call_stands_in_for_that_of_the_error() {
    let tried = Acted::ModelFailed { status_code: Some(429) };
    let failed = failure_of(&[tried.clone(), tried.clone(), END, error(None), IDLE_OLD]);
    assert_eq!((failed.class(), failed.status_code()), (Some("rate_limit"), Some(429)));
    // A call that went well in between makes the former failure history.
    let failed = failure_of(&[tried.clone(), silent(None), END, START, END, error(None), IDLE_OLD]);
    assert_eq!((failed.class(), failed.status_code()), (Some("model"), None));
    let failed = failure_of(&[tried, END, error_of_type(None, "authentication"), IDLE_OLD]);
    assert_eq!((failed.class(), failed.status_code()), (Some("auth"), None));
}

#[test]
fn a_rate_limit_may_be_overcome_by_another_model() {
    let limited = Acted::SessionError {
        originating: Some("m".into()),
        error_type: "rate_limit".into(),
        message: "slowly".into(),
        status_code: Some(429),
        may_go_on: true,
    };
    let pause = Acted::RateLimited { retry_after_ms: Some(90_000) };
    let overcome = [user("m"), START, END, limited.clone(), pause.clone(), START, answer(Some("m")), IDLE];
    assert_eq!(verdict(&[], &overcome), done("answer", "event 7"));
    let failed = failure_of(&[END, limited.clone(), pause, IDLE]);
    assert_eq!((failed.status_code(), failed.retry_after_ms()), (Some(429), Some(90_000)));
    let failed = failure_of(&[END, limited, Acted::RateLimited { retry_after_ms: None }, IDLE]);
    assert_eq!((failed.status_code(), failed.retry_after_ms()), (Some(429), None));
}

#[test]
fn the_model_is_that_of_the_answer() {
    let used = |model: &str| Acted::ModelUsed { model: model.into() };
    let by = |model: Option<&str>| Acted::AssistantMessage {
        originating: None,
        has_text: true,
        model: model.map(String::from),
    };
    for (turn, model) in [
        (vec![by(Some("a"))], Some("a")),
        (vec![used("a"), by(Some("b"))], Some("b")),
        (vec![used("a"), by(None)], Some("a")),
        (vec![used("a"), by(None), used("b")], Some("a")),
        (vec![used("a"), by(None), by(None)], None),
        (vec![used("a")], None),
    ] {
        let mut stage = Stage::default();
        let mut ended = stage.accepted("m");
        stage.play(&[used("of another turn"), said("m"), START]);
        stage.play(&turn);
        stage.play(&[IDLE]);
        assert_eq!(whole_end(&mut ended).unwrap().model.as_deref(), model, "{turn:?}");
    }
}

#[test]
fn a_shutdown_ends_the_wait() {
    assert_eq!(verdict(&[], &[Acted::Shutdown]), Some(Err(Reason::Shutdown)));
    assert_eq!(verdict(&[], &[user("m"), answer(Some("m")), Acted::Shutdown]), Some(Err(Reason::Shutdown)));
}

#[test]
fn a_loss_tells_of_the_failure_before_it() {
    let mut stage = Stage::default();
    let (mut plain, mut failed) = (stage.accepted("one"), stage.accepted("two"));
    stage.play(&[said("two"), error(None)]);
    stage.waits.fail(|| Error::new(Code::Transport, "the CLI died"));
    let lost = |ended: &mut Ended| whole_end(ended).unwrap_err();
    assert_eq!(lost(&mut plain).message(), "the CLI died");
    let failed = lost(&mut failed);
    assert_eq!(failed.message(), "the CLI died; before that the server said: no");
    assert_eq!((failed.code(), failed.class()), (Code::Transport, None));
}

#[test]
fn the_autopilot_pauses_and_stops() {
    let stopped = |id: &str, reason: &str| Acted::AutopilotStopped {
        request_id: Some(id.into()),
        reason: Some(reason.into()),
    };
    let turn = |last| [user("m"), PAUSE, answer(Some("m")), stopped("other", "error"), last];
    assert_eq!(verdict(&[], &turn(stopped("m", "completed"))), done("answer", "event 3"));
    assert_eq!(verdict(&[], &turn(stopped("m", "aborted"))), Some(Err(Reason::Aborted)));
    assert_eq!(verdict(&[], &turn(stopped("m", "error"))), Some(Err(Reason::Autopilot)));
    assert_eq!(verdict(&[], &turn(PAUSE)), None);
    let failed = failure_of(&[error_of_type(None, "quota"), PAUSE, stopped("m", "error")]);
    assert_eq!((failed.class(), failed.reason()), (Some("quota"), Some(Reason::Autopilot)));
}

#[test]
fn what_nobody_waits_for_is_forgotten() {
    let stage = Stage::default();
    let (wait, mut ended) = stage.send("m");
    stage.waits.forget(&wait);
    stage.waits.fail(|| Error::new(Code::Closed, "gone"));
    assert!(ended.try_recv().is_err());
}

#[test]
fn an_abort_that_was_over_before_the_message_was_sent_did_not_drop_it() {
    for is_sent_before in [true, false] {
        let mut stage = Stage::default();
        stage.play(&[user("former"), START]);
        let (wait, mut ended) = stage.waits.begin("m");
        let send = |stage: &Stage| stage.waits.hold(|held| held.sent(wait.ticket()));
        if is_sent_before {
            send(&stage);
        }
        stage.play(&[ABORT, END, IDLE_ABORTED]);
        send(&stage);
        stage.accept(&wait, "m");
        assert_eq!(end(&mut ended), is_sent_before.then_some(Ok(("dropped", String::new()))));
        stage.play(&[user("m"), START, answer(Some("m")), END, IDLE]);
        assert_eq!(end(&mut ended), done("answer", "event 8"));
    }
}

/// Goes on with a future once; true when it is over.
fn is_ready(future: &mut (impl Future + Unpin)) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(future).poll(&mut context).is_ready()
}

#[tokio::test]
async fn messages_go_behind_aborts_and_aborts_behind_messages() {
    let waits = Waits::default();
    let first = waits.sending(1).await;
    let second = waits.sending(2).await;
    let aborting = waits.aborting();
    let mut abort = Box::pin(waits.after_sends());
    assert!(!is_ready(&mut abort));
    let mut third = Box::pin(waits.sending(3));
    assert!(!is_ready(&mut third));
    drop(first);
    assert!(!is_ready(&mut abort));
    drop(second);
    assert!(is_ready(&mut abort) && !is_ready(&mut third));
    drop(aborting);
    let third = third.await;
    drop(third);
    assert!(is_ready(&mut Box::pin(waits.after_sends())));
}

#[tokio::test]
async fn an_abort_does_not_wait_long_for_a_message_without_a_reply() {
    let waits = Waits::default();
    let _sending = waits.sending(1).await;
    waits.after_sends().await;
    assert!(!waits.sends.is_over());
}
