//! Sessions and what is asked in them.

use super::*;

#[test]
fn a_turn_with_a_tool_on_one_thread() {
    let tool = json!({"tool": {"name": "add", "arguments": {"a": 19, "b": 23}}});
    let host = Host::new(json!({"turns": [[tool, {"text": "It is 42.", "chunks": 3}]]}), json!({}));
    let (tool, events) = (Arc::<Watch>::default(), Arc::<Watch>::default());
    // SAFETY: texts, handles and data that live as long as they are used.
    unsafe {
        let config = config(c"{\"streaming\":true}");
        let declared = c"{\"name\":\"add\",\"description\":\"Adds\"}".as_ptr();
        let added =
            |e| copilot_session_config_add_tool(config, declared, Some(add), tool.data(), Some(destroy), e);
        assert_eq!(call(added), Ok(0));
        assert_eq!(
            call(|e| copilot_session_config_on_event(
                config,
                c"assistant.message_delta".as_ptr(),
                Some(note_event),
                events.data(),
                Some(destroy),
                e
            )),
            Ok(0)
        );
        let session = host.session(config);
        copilot_session_config_free(config);
        assert!(!copilot_session_id(session).is_null());

        let message = c"{\"prompt\":\"19 + 23?\"}".as_ptr();
        let result = read(call(|e| copilot_session_send_and_wait(session, message, PATIENCE, e)).unwrap());
        assert_eq!(result["outcome"], "answer");
        assert_eq!(result["event"]["data"]["content"], "It is 42.");
        assert_eq!(tool.seen(), ["add 1 0", "InvalidJson", "InvalidState"]);
        assert_eq!(events.seen().len(), 3);
        let answered = host.fake.received("session.tools.handlePendingToolCall");
        assert_eq!(answered[0]["params"]["result"]["textResultForLlm"], "42");

        let history = read(call(|e| copilot_session_get_messages(session, PATIENCE, e)).unwrap());
        assert!(history["events"].as_array().is_some_and(|events| !events.is_empty()));
        assert_eq!((tool.destroyed(), events.destroyed()), (0, 0));
        copilot_session_free(session);
        assert_eq!((tool.destroyed(), events.destroyed()), (1, 1));
    }
}

#[test]
fn requests_are_kept_withdrawn_and_declined() {
    let permission = |wait: bool| json!({"permission": {"kind": "shell"}, "wait": wait});
    let script = json!({"turns": [[permission(false), {"await_abort": true}]]});
    let host = Host::new(script, json!({}));
    let (asked, cancelled) = (Arc::<Watch>::default(), Arc::<Watch>::default());
    // SAFETY: texts, handles and data that live as long as they are used.
    unsafe {
        let config = config(c"{}");
        assert_eq!(
            call(|e| copilot_session_config_on_request(
                config,
                2,
                Some(keep),
                asked.data(),
                Some(destroy),
                e
            )),
            Ok(0)
        );
        let session = host.session(config);
        copilot_session_config_free(config);
        let message = c"{\"prompt\":\"x\"}".as_ptr();
        let turn = call(|e| copilot_session_send_and_wait_async(session, message, None, null_mut(), None, e))
            .unwrap();
        while asked.seen().is_empty() {
            assert!(copilot_queue_dispatch(copilot_client_queue(host.client), -1, PATIENCE) > 0);
        }
        let request = asked.seen()[0].parse::<usize>().unwrap() as *mut copilot_request;
        assert_eq!((copilot_request_get_kind(request), copilot_request_is_cancelled(request)), (2, 0));
        let (code_, message) =
            call(|e| copilot_request_respond_text(request, c"yes".as_ptr(), e)).unwrap_err();
        assert_eq!(code_, Code::InvalidArgument);
        assert!(message.contains("permission"), "{message}");
        assert_eq!(
            code(call(|e| copilot_request_respond(request, c"{\"kind\":\"yes\"}".as_ptr(), e))),
            Code::InvalidArgument
        );
        assert_eq!(
            call(|e| copilot_request_on_cancel(request, Some(keep), cancelled.data(), Some(destroy), e)),
            Ok(0)
        );

        assert_eq!(call(|e| copilot_session_disconnect(session, PATIENCE, e)), Ok(0));
        assert_eq!(copilot_request_is_cancelled(request), 1);
        assert_eq!(code(call(|e| copilot_request_decline(request, e))), Code::Cancelled);
        assert_eq!(code(call(|e| copilot_op_wait(turn, PATIENCE, e))), Code::Closed);
        copilot_queue_dispatch(copilot_client_queue(host.client), -1, 0);
        assert_eq!(cancelled.seen(), [(request as usize).to_string()]);
        copilot_request_free(request); // what the second call of `keep` took
        copilot_request_free(request);
        assert_eq!(cancelled.destroyed(), 1);
        assert_eq!(
            code(call(|e| copilot_session_send(session, c"{\"prompt\":\"x\"}".as_ptr(), PATIENCE, e))),
            Code::Closed
        );
        assert_eq!(call(|e| copilot_session_disconnect(session, PATIENCE, e)), Ok(0));
        copilot_op_free(turn);
        copilot_session_free(session);
    }
}

#[test]
fn everything_comes_as_items_where_nobody_has_a_callback() {
    let asking = json!({"request": {"method": "canvas.open", "params": {"id": "x"}, "global": true}});
    let host = Host::new(json!({"turns": [[asking]]}), json!({"queue": {"mode": "items"}}));
    // SAFETY: texts and handles that live as long as they are used.
    unsafe {
        assert_eq!(
            call(|e| copilot_client_on_request(
                host.client,
                c"canvas.open".as_ptr(),
                None,
                null_mut(),
                None,
                e
            )),
            Ok(0)
        );
        let config = config(c"{}");
        let session = host.session(config);
        copilot_session_config_free(config);
        let sent = read(
            call(|e| copilot_session_send(session, c"{\"prompt\":\"x\"}".as_ptr(), PATIENCE, e)).unwrap(),
        );
        assert!(sent["messageId"].is_string());
        let request = loop {
            let mut event = null_mut();
            let queue = copilot_client_queue(host.client);
            assert_eq!(call(|e| copilot_queue_next(queue, PATIENCE, &mut event, e)), Ok(0));
            let request = copilot_event_take_request(event);
            copilot_event_free(event);
            if !request.is_null() {
                break request;
            }
        };
        let method: *const c_char = copilot_request_method(request);
        assert_eq!(CStr::from_ptr(method), c"canvas.open");
        assert_eq!(code(call(|e| copilot_request_decline(request, e))), Code::Unsupported);
        assert_eq!(call(|e| copilot_request_respond(request, c"{\"ok\":true}".as_ptr(), e)), Ok(0));
        copilot_request_free(request);
        let patience = std::time::Duration::from_millis(PATIENCE as u64);
        host.fake.wait_log(|record| record["answered"] == "canvas.open", patience).unwrap();
        copilot_session_free(session);
    }
}

#[test]
fn ready_made_handlers_methods_and_forms_from_c() {
    let asking = json!([
        {"permission": {"kind": "shell"}},
        {"request": {"method": "canvas.open", "params": {}}},
        {"text": "done"},
    ]);
    let opened = json!({"reply": {"sessionId": "s", "capabilities": {"ui": {"elicitation": true}}}});
    let host = Host::new(json!({"turns": [asking]}), json!({}));
    let forms = Host::new(
        json!({"on": {"session.create": opened, "session.ui.elicitation": {"reply": {"action": "decline"}}}}),
        json!({}),
    );
    let watch = Arc::<Watch>::default();
    // SAFETY: texts, handles and data that live as long as they are used.
    unsafe {
        let made = config(c"{}");
        assert_eq!(
            call(|e| copilot_session_config_on_request(
                made,
                2,
                Some(copilot_approve_all),
                null_mut(),
                None,
                e
            )),
            Ok(0)
        );
        let on = |name: &CStr, e| {
            copilot_session_config_on_method(
                made,
                name.as_ptr(),
                Some(copilot_deny_all),
                watch.data(),
                Some(destroy),
                e,
            )
        };
        assert_eq!(call(|e| on(c"canvas.*", e)), Ok(0));
        for wrong in [c"", c"a*", c"hooks.invoke"] {
            assert_eq!(code(call(|e| on(wrong, e))), Code::InvalidArgument);
        }
        assert_eq!(watch.destroyed(), 3);
        let session = host.session(made);
        copilot_session_config_free(made);
        let message = c"{\"prompt\":\"x\"}".as_ptr();
        read(call(|e| copilot_session_send_and_wait(session, message, PATIENCE, e)).unwrap());
        let decided = host.fake.received("session.permissions.handlePendingPermissionRequest");
        assert_eq!(decided[0]["params"]["result"]["kind"], "approve-once");
        // The fake says that nobody has a user.
        let asked = |e| copilot_session_confirm(session, c"Well?".as_ptr(), PATIENCE, e);
        assert_eq!(code(call(asked)), Code::Unsupported);
        copilot_session_free(session);
        assert_eq!(watch.destroyed(), 4);
        copilot_approve_all(null_mut(), null_mut());
        copilot_deny_all(null_mut(), null_mut());

        let made = config(c"{\"sessionId\":\"s\"}");
        let session = forms.session(made);
        copilot_session_config_free(made);
        let text = |json: *mut copilot_json| read(json).to_string();
        let message = c"Well?".as_ptr();
        assert_eq!(text(call(|e| copilot_session_confirm(session, message, PATIENCE, e)).unwrap()), "false");
        let texts = c"[\"a\",\"b\"]".as_ptr();
        assert_eq!(
            text(call(|e| copilot_session_select(session, message, texts, PATIENCE, e)).unwrap()),
            "null"
        );
        assert_eq!(
            text(call(|e| copilot_session_input(session, message, null(), PATIENCE, e)).unwrap()),
            "null"
        );
        copilot_session_free(session);
    }
}
