use super::*;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn user(id: Option<&str>) -> Acted {
    Acted::UserMessage { message_id: id.map(String::from) }
}

fn answer(originating: Option<&str>) -> Acted {
    Acted::AssistantMessage { originating: originating.map(String::from), has_text: true }
}

const IDLE: Acted = Acted::Idle { aborted: Some(false), autopilot: false };

fn error(originating: Option<&str>, error_type: &str) -> Acted {
    Acted::SessionError {
        originating: originating.map(String::from),
        error_type: error_type.into(),
        message: "no".into(),
        status_code: Some(401),
        error_code: None,
    }
}

/// What a wait for message "m" comes to after these events; those before `accepted` come before the reply.
fn verdict(early: &[Acted], late: &[Acted]) -> Verdict {
    let mut rule = Rule::default();
    for (number, acted) in early.iter().enumerate() {
        assert!(rule.see(acted, &format!("early {number}")).is_none());
    }
    rule.accept("m").or_else(|| {
        late.iter().enumerate().find_map(|(number, acted)| rule.see(acted, &format!("late {number}")))
    })
}

fn end(outcome: &'static str, event: Option<&str>) -> TurnEnd {
    TurnEnd { outcome, event: event.map(String::from) }
}

#[test]
fn a_turn_ends_with_its_last_message() {
    let turn = [user(Some("m")), answer(Some("m")), answer(Some("m")), IDLE];
    assert_eq!(verdict(&[], &turn).unwrap().unwrap(), end("answer", Some("late 2")));
    assert_eq!(verdict(&turn, &[]).unwrap().unwrap(), end("answer", Some("early 2")));
    assert_eq!(verdict(&turn[..2], &turn[2..]).unwrap().unwrap(), end("answer", Some("late 0")));
}

#[test]
fn what_belongs_to_another_message_counts_for_nothing() {
    assert!(verdict(&[], &[user(Some("other")), answer(Some("other")), IDLE]).is_none());
    assert!(verdict(&[], &[error(Some("other"), "query")]).is_none());
    let turn = [IDLE, user(Some("m")), answer(Some("other")), IDLE];
    assert_eq!(verdict(&[], &turn).unwrap().unwrap(), end("empty", None));
}

#[test]
fn older_servers_name_nothing_and_the_next_turn_is_ours() {
    let turn = [user(None), answer(None), Acted::Idle { aborted: None, autopilot: false }];
    assert_eq!(verdict(&[], &turn).unwrap().unwrap(), end("answer", Some("late 1")));
    let mut rule = Rule::default();
    assert!(rule.accept("").is_none());
    assert_eq!(rule.see(&IDLE, "idle").unwrap().unwrap(), end("empty", None));
}

#[test]
fn empty_and_refused_turns_are_told_from_answers() {
    let silent = Acted::AssistantMessage { originating: text("m"), has_text: false };
    assert_eq!(
        verdict(&[], &[user(Some("m")), silent, IDLE]).unwrap().unwrap(),
        end("empty", Some("late 1"))
    );
    let blocked = Acted::PolicyBlocked { originating: text("m"), message: "no".into() };
    assert_eq!(verdict(&[], &[blocked, IDLE]).unwrap().unwrap(), end("refused", None));
}

#[test]
fn an_abort_is_an_error_in_every_generation() {
    let says = Acted::Idle { aborted: Some(true), autopilot: false };
    assert_eq!(verdict(&[], &[user(Some("m")), says]).unwrap().unwrap_err().code(), Code::Cancelled);
    let abort = Acted::Aborted { reason: None };
    let silent = Acted::Idle { aborted: None, autopilot: false };
    let turn = [user(None), abort.clone(), silent];
    assert_eq!(verdict(&[], &turn).unwrap().unwrap_err().code(), Code::Cancelled);
    // A newer server that says it was none is believed: it also sends `abort` for a permission that was rejected.
    assert_eq!(verdict(&[], &[user(Some("m")), abort, IDLE]).unwrap().unwrap(), end("empty", None));
}

#[test]
fn errors_end_a_turn_but_notifications_do_not() {
    let failed = verdict(&[], &[user(Some("m")), error(None, "authentication")]).unwrap().unwrap_err();
    assert_eq!(
        (failed.code(), failed.class(), failed.status_code()),
        (Code::Session, Some("auth"), Some(401))
    );
    let turn = [user(Some("m")), error(None, "notification"), answer(Some("m")), IDLE];
    assert_eq!(verdict(&[], &turn).unwrap().unwrap(), end("answer", Some("late 2")));
    assert_eq!(verdict(&[], &[Acted::Shutdown]).unwrap().unwrap_err().code(), Code::Session);
}

#[test]
fn the_autopilot_pauses_and_stops() {
    let pause = Acted::Idle { aborted: Some(false), autopilot: true };
    let stopped = |reason: &str| Acted::AutopilotStopped { request_id: text("m"), reason: text(reason) };
    let turn = |last| [user(Some("m")), pause.clone(), answer(Some("m")), last];
    assert_eq!(verdict(&[], &turn(stopped("completed"))).unwrap().unwrap(), end("answer", Some("late 2")));
    assert_eq!(verdict(&[], &turn(stopped("aborted"))).unwrap().unwrap_err().code(), Code::Cancelled);
    assert_eq!(verdict(&[], &turn(stopped("error"))).unwrap().unwrap_err().code(), Code::Session);
}
