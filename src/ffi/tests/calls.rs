//! Calls from C: what goes out, and that the reply comes back as it was.

use super::*;

/// The reply to a method: it is told by its name, and what is unusual in JSON is in it.
fn reply(method: &str) -> Value {
    json!({ "by": method, "z": [1.50, null, { "ä": "\u{1f4a1}" }], "a": {} })
}

/// A script in which these methods are answered.
fn answering(methods: &[&str]) -> Value {
    let replies = methods.iter().map(|method| ((*method).to_owned(), json!({ "reply": reply(method) })));
    json!({ "on": replies.collect::<serde_json::Map<_, _>>() })
}

#[test]
fn any_method_of_the_server_is_called_by_its_name() {
    let methods = [
        "session.getMetadata",
        "sessions.fork",
        "sessions.findByPrefix",
        "sessions.getSizes",
        "sessions.pruneOld",
        "sessions.bulkDelete",
        "account.getQuota",
        "user.settings.get",
        "user.settings.set",
        "tools.list",
        "plugins.list",
        "plugins.marketplaces.add",
        "mcp.config.list",
        "of.tomorrow",
    ];
    let host = Host::new(answering(&methods), json!({}));
    let params = json!({ "sessionId": "s", "z": 1.50, "a": [null] });
    for method in methods {
        for given in [Some(c(&params.to_string())), None] {
            let given_text = given.as_ref().map_or(null(), |text| text.as_ptr());
            let name = c(method);
            // SAFETY: texts and a handle that live.
            let told = read(unsafe {
                call(|e| copilot_client_call(host.client, name.as_ptr(), given_text, PATIENCE, e)).unwrap()
            });
            assert_eq!(told, reply(method));
            let sent = host.fake.received(method).pop().unwrap()["params"].take();
            assert_eq!(sent, if given.is_some() { params.clone() } else { json!({}) }, "{method}");
        }
    }
}

#[test]
fn the_calls_with_names_of_their_own_give_the_whole_reply() {
    let methods = ["status.get", "auth.getStatus", "models.list", "session.list"];
    let host = Host::new(answering(&methods), json!({}));
    let client = host.client;
    // SAFETY: texts and handles that live.
    let told = unsafe {
        [
            read(call(|e| copilot_client_status(client, PATIENCE, e)).unwrap()),
            read(call(|e| copilot_client_auth_status(client, PATIENCE, e)).unwrap()),
            read(call(|e| copilot_client_list_models(client, PATIENCE, e)).unwrap()),
            read(call(|e| copilot_client_list_sessions(client, null(), PATIENCE, e)).unwrap()),
        ]
    };
    assert_eq!(told, methods.map(reply));
    let filter = r#"{"cwd":"/w","gitRoot":"/g","repository":"o/n","branch":"main"}"#;
    let text = c(filter);
    // SAFETY: as above.
    unsafe {
        read(call(|e| copilot_client_list_sessions(client, text.as_ptr(), PATIENCE, e)).unwrap());
        read(call(|e| copilot_client_list_models(client, PATIENCE, e)).unwrap());
    }
    let filter: Value = serde_json::from_str(filter).unwrap();
    assert_eq!(host.fake.received("session.list")[1]["params"], json!({ "filter": filter }));
    assert_eq!(host.fake.received("models.list").len(), 2, "nothing is kept: each call asks anew");
}

#[test]
fn any_method_of_a_session_is_called_by_its_name() {
    let methods = [
        "session.model.getCurrent",
        "session.model.switchAutoTier",
        "session.sendMessages",
        "session.sendAndWait",
        "session.extensions.enable",
        "session.remote.enable",
        "session.schedule.stop",
        "session.factory.run",
        "session.workflow.getRun",
        "session.mcp.apps.callTool",
        "session.permissions.modifyRules",
        "session.of_tomorrow",
    ];
    let host = Host::new(answering(&methods), json!({}));
    let made = config(c"{\"sessionId\":\"mine\"}");
    let session = host.session(made);
    let params = c(r#"{"z":1.50,"a":[null]}"#);
    // SAFETY: texts and handles that live.
    unsafe {
        for method in methods {
            let name = c(method);
            let told = read(
                call(|e| copilot_session_call(session, name.as_ptr(), params.as_ptr(), PATIENCE, e)).unwrap(),
            );
            assert_eq!(told, reply(method));
            let sent = host.fake.received(method).pop().unwrap()["params"].take();
            assert_eq!(sent, json!({ "sessionId": "mine", "z": 1.50, "a": [null] }), "{method}");
        }
        let options = c(concat!(
            r#"{"reasoningEffort":"high","reasoningSummary":"concise","contextTier":"long_context","#,
            r#""modelCapabilities":{"supports":{"vision":true}},"autoTier":null}"#
        ));
        let set = |e| copilot_session_set_model(session, c"other".as_ptr(), options.as_ptr(), PATIENCE, e);
        assert_eq!(read(call(set).unwrap())["modelId"], "other");
        let mut expected: Value = serde_json::from_str(options.to_str().unwrap()).unwrap();
        expected["sessionId"] = json!("mine");
        expected["modelId"] = json!("other");
        assert_eq!(host.fake.received("session.model.switchTo")[0]["params"], expected);
        copilot_session_free(session);
        copilot_session_config_free(made);
    }
}
