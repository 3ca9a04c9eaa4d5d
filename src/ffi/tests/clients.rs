//! Clients, operations, and what is refused.

use super::*;

/// The arguments that an _async function ends with, for a completion that is only noted.
macro_rules! noted {
    ($watch:expr) => {
        (Some(note_end as unsafe extern "C" fn(*mut copilot_op, *mut c_void)), $watch.data())
    };
}

#[test]
fn null_is_an_error_or_nothing() {
    // SAFETY: NULL is allowed everywhere.
    unsafe {
        assert_eq!(copilot_request_get_kind(null()), 0);
        assert!(copilot_request_method(null()).is_null() && copilot_request_params(null()).is_null());
        assert_eq!((copilot_request_id(null()), copilot_op_id(null())), (0, 0));
        assert_eq!((copilot_op_get_state(null()), copilot_client_get_state(null())), (2, 0));
        assert!(copilot_request_ref(null_mut()).is_null() && copilot_op_ref(null_mut()).is_null());
        assert!(copilot_client_ref(null_mut()).is_null() && copilot_session_ref(null_mut()).is_null());
        assert!(copilot_session_id(null()).is_null() && copilot_client_queue(null()).is_null());
        assert!(copilot_client_options_json(null_mut()).is_null());
        copilot_request_free(null_mut());
        copilot_op_free(null_mut());
        copilot_op_cancel(null_mut());
        copilot_client_options_free(null_mut());
        copilot_client_free(null_mut());
        copilot_client_force_stop(null_mut());
        copilot_session_config_free(null_mut());
        copilot_session_free(null_mut());
        let failures = [
            code(call(|e| copilot_request_respond(null_mut(), c"1".as_ptr(), e))),
            code(call(|e| copilot_op_wait(null_mut(), 0, e))),
            code(call(|e| copilot_client_start(null_mut(), 1, e))),
            code(call(|e| copilot_session_create(null_mut(), null(), 1, e))),
            code(call(|e| copilot_session_send(null_mut(), c"{}".as_ptr(), 1, e))),
        ];
        assert_eq!(failures, [Code::InvalidArgument; 5]);
    }
}

#[test]
fn a_client_gives_numbers_of_itself() {
    // SAFETY: NULL is allowed; texts and handles as the functions take them.
    unsafe {
        assert!(call(|e| copilot_client_stats(null(), e)).is_err());
        let options = call(|e| copilot_client_options_new(c"{\"useStdio\":false}".as_ptr(), e)).unwrap();
        let client = call(|e| copilot_client_new(options, e)).unwrap();
        let stats = call(|e| copilot_client_stats(client, e)).unwrap();
        let text = CStr::from_ptr(copilot_json_text(stats, null_mut())).to_str().unwrap();
        assert!(text.starts_with(r#"{"state":"disconnected","transport":"tcp","starts":0,"#), "{text}");
        copilot_json_free(stats);
        copilot_client_free(client);
        copilot_client_options_free(options);
    }
}

#[test]
fn user_data_is_destroyed_once_when_the_call_fails() {
    let seen = Arc::<Watch>::default();
    let config = config(c"{}");
    let failures: [&dyn Fn(*mut c_void); 7] = [
        // SAFETY: texts, handles and data as the functions take them.
        &|data| unsafe {
            assert!(copilot_client_start_async(null_mut(), None, data, Some(destroy), null_mut()).is_null())
        },
        // SAFETY: as above.
        &|data| unsafe {
            assert!(
                copilot_client_ping_async(null_mut(), null(), None, data, Some(destroy), null_mut())
                    .is_null()
            )
        },
        // SAFETY: as above.
        &|data| unsafe {
            let bad = c"{\"name\":\"a b\"}".as_ptr();
            assert!(
                copilot_session_config_add_tool(config, bad, Some(add), data, Some(destroy), null_mut()) < 0
            );
        },
        // SAFETY: as above.
        &|data| unsafe {
            assert!(
                copilot_session_config_on_request(config, 1, Some(add), data, Some(destroy), null_mut()) < 0
            )
        },
        // SAFETY: as above.
        &|data| unsafe {
            assert!(
                copilot_session_config_on_request(config, 77, Some(add), data, Some(destroy), null_mut()) < 0
            )
        },
        // SAFETY: as above.
        &|data| unsafe {
            assert!(
                copilot_session_config_on_event(config, null(), None, data, Some(destroy), null_mut()) < 0
            )
        },
        // SAFETY: as above.
        &|data| unsafe {
            assert!(copilot_session_on_event(null_mut(), null(), None, data, Some(destroy), null_mut()) < 0)
        },
    ];
    for (count, failure) in failures.iter().enumerate() {
        failure(seen.data());
        assert_eq!(seen.destroyed(), count + 1);
    }
    // SAFETY: owned.
    unsafe { copilot_session_config_free(config) };
}

#[test]
fn options_are_checked_when_made_and_when_used() {
    // SAFETY: texts and handles that live.
    unsafe {
        let new = |json: &CStr| call(|e| copilot_client_options_new(json.as_ptr(), e));
        assert_eq!(code(new(c"{")), Code::InvalidJson);
        assert_eq!(code(new(c"\xff")), Code::InvalidUtf8);
        let (code_, message) = new(c"{\"cliPaht\":\"x\"}").unwrap_err();
        assert_eq!(code_, Code::InvalidArgument);
        assert!(message.contains("\"cliPath\""), "{message}");

        let options = call(|e| copilot_client_options_new(null(), e)).unwrap();
        let json = copilot_client_options_json(options);
        assert_eq!(call(|e| copilot_json_set_string(json, c"/nonsense".as_ptr(), c"x".as_ptr(), e)), Ok(0));
        assert_eq!(code(call(|e| copilot_client_new(options, e))), Code::InvalidArgument);
        copilot_client_options_free(options);

        let refused = call(|e| copilot_session_config_new(c"{\"queue\":{}}".as_ptr(), e)).unwrap_err();
        assert!(refused.1.contains("copilot_session_config_set_queue"), "{}", refused.1);
    }
}

#[test]
fn methods_with_a_kind_are_not_answered_by_the_client() {
    let host = Host::new(json!({}), json!({}));
    // SAFETY: texts and handles that live.
    unsafe {
        let on = |method: &CStr| {
            call(|e| copilot_client_on_request(host.client, method.as_ptr(), Some(keep), null_mut(), None, e))
        };
        for (method, instead) in [
            (c"tool.call", "copilot_session_config_add_tool"),
            (c"hooks.invoke", "copilot_session_config_on_request"),
            (c"", "empty"),
        ] {
            let (code, message) = on(method).unwrap_err();
            assert_eq!(code, Code::InvalidArgument);
            assert!(message.contains(instead), "{message}");
        }
        assert_eq!(on(c"canvas.open"), Ok(0));
    }
}

#[test]
fn operations_are_waited_for_cancelled_and_taken_from() {
    let host = Host::new(json!({"on": {"models.list": {"hang": true}}}), json!({}));
    let end = Arc::<Watch>::default();
    // SAFETY: texts, handles and data that live as long as they are used.
    unsafe {
        let (callback, data) = noted!(end);
        let ping = call(|e| {
            copilot_client_ping_async(host.client, c"hi".as_ptr(), callback, data, Some(destroy), e)
        })
        .unwrap();
        assert!(copilot_op_id(ping) > 0);
        assert_eq!(call(|e| copilot_op_wait(ping, PATIENCE, e)), Ok(0));
        assert_eq!(code(call(|e| copilot_op_take_session(ping, e))), Code::InvalidState);
        let result = read(call(|e| copilot_op_take_result(ping, e)).unwrap());
        assert_eq!(result["message"], "pong: hi");
        assert_eq!(code(call(|e| copilot_op_take_result(ping, e))), Code::InvalidState);
        assert_eq!(
            (end.seen(), end.destroyed()),
            (vec!["state 1".to_owned()], 1),
            "the wait has dispatched it"
        );
        assert_eq!(copilot_queue_dispatch(copilot_client_queue(host.client), 1, 0), 0);
        copilot_op_free(ping);

        let hanging =
            call(|e| copilot_client_list_models_async(host.client, None, null_mut(), None, e)).unwrap();
        assert_eq!(code(call(|e| copilot_op_wait(hanging, 20, e))), Code::Timeout);
        assert_eq!(copilot_op_get_state(hanging), 0);
        assert_eq!(code(call(|e| copilot_op_take_result(hanging, e))), Code::InvalidState);
        copilot_op_cancel(hanging);
        assert_eq!(code(call(|e| copilot_op_wait(hanging, PATIENCE, e))), Code::Cancelled);
        assert_eq!(copilot_op_get_state(hanging), 3);
        copilot_op_free(hanging);

        let start = call(|e| copilot_client_start_async(host.client, None, null_mut(), None, e)).unwrap();
        assert_eq!(call(|e| copilot_op_wait(start, PATIENCE, e)), Ok(0));
        assert_eq!(read(call(|e| copilot_op_take_result(start, e)).unwrap()), Value::Null);
        copilot_op_free(start);

        let config = config(c"{}");
        let create =
            call(|e| copilot_session_create_async(host.client, config, None, null_mut(), None, e)).unwrap();
        assert_eq!(call(|e| copilot_op_wait(create, PATIENCE, e)), Ok(0));
        let (code, message) = call(|e| copilot_op_take_result(create, e)).unwrap_err();
        assert_eq!(code, Code::InvalidState);
        assert!(message.contains("copilot_op_take_session"), "{message}");
        let session = call(|e| copilot_op_take_session(create, e)).unwrap();
        copilot_op_free(create);
        copilot_session_free(session);
        copilot_session_config_free(config);
    }
}

#[test]
fn the_everyday_calls() {
    let script = json!({"sessions": ["kept"], "protocol": 2, "on": {"session.delete":
        {"reply": {"success": false, "error": "Session file not found"}}}});
    let host = Host::new(script, json!({}));
    let client = host.client;
    // SAFETY: texts and handles that live.
    unsafe {
        let ping = read(call(|e| copilot_client_ping(client, null(), PATIENCE, e)).unwrap());
        assert!(ping["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{ping}");
        let status = read(call(|e| copilot_client_status(client, PATIENCE, e)).unwrap());
        assert_eq!((&status["version"], &status["protocolVersion"]), (&json!("0.0.420"), &json!(2)));
        assert!(
            read(call(|e| copilot_client_auth_status(client, PATIENCE, e)).unwrap())["isAuthenticated"]
                .is_boolean()
        );
        assert!(
            read(call(|e| copilot_client_list_models(client, PATIENCE, e)).unwrap())["models"].is_array()
        );
        let filter = c"{\"branch\":\"main\"}".as_ptr();
        assert!(
            read(call(|e| copilot_client_list_sessions(client, filter, PATIENCE, e)).unwrap())["sessions"]
                .is_array()
        );
        assert_eq!(host.fake.received("session.list")[0]["params"], json!({"filter": {"branch": "main"}}));
        assert!(!read(call(|e| copilot_client_last_session_id(client, PATIENCE, e)).unwrap()).is_object());
        read(call(|e| copilot_client_get_foreground_session(client, PATIENCE, e)).unwrap());
        let (code_, message) =
            call(|e| copilot_client_delete_session(client, c"kept".as_ptr(), PATIENCE, e)).unwrap_err();
        assert_eq!(
            (code_, &*message),
            (Code::Session, "Failed to delete session kept: Session file not found")
        );
        assert_eq!(
            code(call(|e| copilot_client_delete_session(client, c"".as_ptr(), PATIENCE, e))),
            Code::InvalidArgument
        );
        assert_eq!(
            code(call(|e| copilot_client_list_sessions(client, c"[]".as_ptr(), PATIENCE, e))),
            Code::InvalidArgument
        );
        assert_eq!(
            code(call(|e| copilot_client_call(client, c"no.such".as_ptr(), null(), PATIENCE, e))),
            Code::Rpc
        );
        assert_eq!(code(call(|e| copilot_client_status(client, 0, e))), Code::InvalidArgument);
        assert_eq!(copilot_client_get_state(client), 2);
        assert_eq!(call(|e| copilot_client_stop(client, PATIENCE, e)), Ok(0));
        assert_eq!(copilot_client_get_state(client), 0);
        assert_eq!(code(call(|e| copilot_client_status(client, PATIENCE, e))), Code::InvalidState);
    }
}

/// Tries a blocking call where it would wait for itself.
unsafe extern "C" fn block_inside(event: *const copilot_event, data: *mut c_void) {
    // SAFETY: the library's event; the data is the client of the test.
    unsafe {
        let _ = event;
        let refused = code(call(|e| copilot_client_ping(data.cast(), null(), PATIENCE, e)));
        assert_eq!(refused, Code::WouldDeadlock);
        REFUSED.fetch_add(1, Ordering::SeqCst);
    }
}

static REFUSED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn subscriptions_and_calls_inside_callbacks() {
    let host = Host::new(json!({}), json!({}));
    let states = Arc::<Watch>::default();
    // SAFETY: texts, handles and data that live as long as they are used.
    unsafe {
        let client = host.client;
        let noted = call(|e| {
            copilot_client_on_event(
                client,
                c"state".as_ptr(),
                Some(note_event),
                states.data(),
                Some(destroy),
                e,
            )
        })
        .unwrap();
        let blocking =
            call(|e| copilot_client_on_event(client, null(), Some(block_inside), client.cast(), None, e))
                .unwrap();
        assert!(noted > 0 && blocking > noted);
        assert_eq!(call(|e| copilot_client_start(client, PATIENCE, e)), Ok(0));
        copilot_queue_dispatch(copilot_client_queue(client), -1, 0);
        assert_eq!(states.seen(), ["state", "state"]);
        assert_eq!(REFUSED.load(Ordering::SeqCst), 2);
        assert_eq!(call(|e| copilot_client_off_event(client, noted, e)), Ok(0));
        assert_eq!(states.destroyed(), 1);
        assert_eq!(code(call(|e| copilot_client_off_event(client, noted, e))), Code::NotFound);
    }
}
