//! What a client asks of its server and hears from it, to the last member of every answer.

use super::*;

/// One frame as it goes over the wire.
fn frame(message: &Value) -> String {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

unsafe extern "C" fn note_lifecycle(event: *const copilot_event, data: *mut c_void) {
    // SAFETY: the library's event and the test's data.
    unsafe {
        let text = |pointer: *const c_char| CStr::from_ptr(pointer).to_str().unwrap();
        let json = text(copilot_json_text(copilot_event_json(event), null_mut()));
        let (event_type, session) = (text(copilot_event_type(event)), copilot_event_session_id(event));
        if copilot_event_get_kind(event) == crate::queue::Kind::Lifecycle as i32 {
            watch(data).seen.lock().push(format!("{event_type} of {}: {json}", text(session)));
        }
    }
}

#[test]
fn lifecycle_events_come_to_all_or_by_type_until_the_end_of_the_subscription() {
    let types =
        ["session.created", "session.updated", "session.foreground", "session.background", "session.deleted"];
    let params = |event_type: &str| {
        json!({"type": event_type, "sessionId": "s1", "metadata": {
            "startTime": "2026-01-31T12:00:00.000Z", "modifiedTime": "2026-01-31T12:00:01.000Z", "summary": "Notes"}})
    };
    let told = |event_type: &str| {
        let message = json!({"jsonrpc": "2.0", "method": "session.lifecycle", "params": params(event_type)});
        json!({"raw": frame(&message)})
    };
    let script: Vec<_> = types.into_iter().map(told).chain([json!({"builtin": true})]).collect();
    let host = Host::new(json!({"on": {"ping": script}}), json!({}));
    let expected = |event_type: &str| format!("{event_type} of s1: {}", params(event_type));
    let (all, one) = (Arc::<Watch>::default(), Arc::<Watch>::default());
    // SAFETY: texts, handles and data that live as long as they are used.
    unsafe {
        let on = |event_type: *const c_char, watch: &Arc<Watch>| {
            let data = watch.data();
            call(|e| {
                copilot_client_on_event(host.client, event_type, Some(note_lifecycle), data, Some(destroy), e)
            })
            .unwrap()
        };
        on(null(), &all);
        let foreground = on(c"session.foreground".as_ptr(), &one);
        let ping = || {
            read(call(|e| copilot_client_ping(host.client, null(), PATIENCE, e)).unwrap());
            copilot_queue_dispatch(copilot_client_queue(host.client), -1, 0)
        };
        ping();
        assert_eq!(all.seen(), types.map(expected));
        assert_eq!(one.seen(), [expected("session.foreground")]);
        assert_eq!(call(|e| copilot_client_off_event(host.client, foreground, e)), Ok(0));
        assert_eq!((one.destroyed(), all.destroyed()), (1, 0));
        ping();
        assert_eq!((all.seen().len(), one.seen().len()), (10, 1));
    }
}

#[test]
fn the_session_in_the_foreground_is_told_and_chosen() {
    let shown = json!({"sessionId": "s1", "workspacePath": "/w"});
    let script = json!({
        "once": {"session.getForeground": {"reply": shown}, "session.setForeground": {"reply": {"success": true}}}
    });
    let host = Host::new(script, json!({}));
    // SAFETY: texts and handles that live.
    unsafe {
        let get = || call(|e| copilot_client_get_foreground_session(host.client, PATIENCE, e));
        let set = |id: &CStr| {
            call(|e| copilot_client_set_foreground_session(host.client, id.as_ptr(), PATIENCE, e))
        };
        assert_eq!(read(get().unwrap()), shown);
        assert_eq!(set(c"s2"), Ok(0));
        assert_eq!(host.fake.received("session.setForeground")[0]["params"], json!({"sessionId": "s2"}));
        // What a server without a terminal says.
        assert_eq!(read(get().unwrap()), json!({}));
        let (code, message) = set(c"s2").unwrap_err();
        assert_eq!(code, Code::Session);
        assert!(message.contains("Not running in TUI+server mode"), "{message}");
    }
}

#[test]
fn models_tell_what_they_support() {
    let models = json!({"models": [
        {"id": "a", "name": "A", "capabilities": {"supports": {"vision": true, "reasoningEffort": true}},
         "supportedReasoningEfforts": ["low", "medium", "high", "xhigh"], "defaultReasoningEffort": "medium"},
        {"id": "b", "name": "B", "capabilities": {"supports": {"vision": false, "reasoningEffort": false}}},
    ]});
    let host = Host::new(json!({"on": {"models.list": {"reply": models}}}), json!({}));
    // SAFETY: handles that live.
    unsafe {
        for asked in 1..=2 {
            let listed = call(|e| copilot_client_list_models(host.client, PATIENCE, e)).unwrap();
            let mut supports = 0;
            let pointer = c"/models/0/capabilities/supports/reasoningEffort".as_ptr();
            assert_eq!((copilot_json_get_bool(listed, pointer, &mut supports), supports), (1, 1));
            assert_eq!(read(listed), models);
            assert_eq!(host.fake.received("models.list").len(), asked, "no copy is kept");
        }
    }
}

#[test]
fn a_ping_says_what_was_said_and_when() {
    for protocol in [2, 3] {
        let host = Host::new(json!({"protocol": protocol}), json!({}));
        // SAFETY: texts and handles that live.
        let pong = unsafe {
            read(call(|e| copilot_client_ping(host.client, c"x\"y".as_ptr(), PATIENCE, e)).unwrap())
        };
        assert_eq!((&pong["message"], &pong["protocolVersion"]), (&json!("pong: x\"y"), &json!(protocol)));
        assert!(pong["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{pong}");
    }
}

#[test]
fn sessions_open_without_a_configuration() {
    let host = Host::new(json!({"sessions": ["kept"]}), json!({}));
    // SAFETY: texts and handles that live.
    unsafe {
        let last = || read(call(|e| copilot_client_last_session_id(host.client, PATIENCE, e)).unwrap());
        assert_eq!(last(), "kept");
        let created = call(|e| copilot_session_create(host.client, null(), PATIENCE, e)).unwrap();
        let id = CStr::from_ptr(copilot_session_id(created)).to_str().unwrap();
        assert_eq!(last(), id);
        let path = CStr::from_ptr(copilot_session_workspace_path(created)).to_str().unwrap();
        assert_eq!(path, format!("/fake-runtime/{id}"));
        let resumed =
            call(|e| copilot_session_resume(host.client, c"kept".as_ptr(), null(), PATIENCE, e)).unwrap();
        for session in [created, resumed] {
            let message = c"{\"prompt\":\"Hello\"}".as_ptr();
            let end = read(call(|e| copilot_session_send_and_wait(session, message, PATIENCE, e)).unwrap());
            assert_eq!(end["event"]["type"], "assistant.message");
            copilot_session_free(session);
        }
    }
}

#[test]
fn a_client_has_four_states() {
    let host =
        Host::new(json!({"runs": [{"start": [{"hang": true}]}, {"start": [{"exit": 1}]}, {}]}), json!({}));
    let start = |timeout| {
        // SAFETY: handles that live.
        unsafe { call(|e| copilot_client_start(host.client, timeout, e)) }
    };
    // SAFETY: handles that live.
    let state = || unsafe { copilot_client_get_state(host.client) };
    assert_eq!(state(), 0, "disconnected");
    assert_eq!(code(start(50)), Code::Timeout);
    assert_eq!(state(), 1, "connecting: the start goes on");
    // SAFETY: handles that live.
    unsafe { copilot_client_force_stop(host.client) };
    assert_eq!(code(start(PATIENCE)), Code::Spawn);
    assert_eq!(state(), 3, "failed");
    assert_eq!(start(PATIENCE), Ok(0));
    assert_eq!(state(), 2, "connected");
}
