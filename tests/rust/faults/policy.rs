//! The permission policy on the wire of every generation: who is asked, what is sent, what is told.

use copilot::protocol::question::Kind as Asks;
use copilot::session::Asked;

use super::*;

/// Every generation, and how it spells yes and no.
fn generations() -> [(Value, Value, Value); 3] {
    let yes = |word: &str| json!({ "result": { "kind": word } });
    let no = |word: &str| json!({ "result": { "kind": word, "feedback": "Not here." } });
    let inside = |result: Value| json!({ "result": result });
    let old_no = "denied-interactively-by-user";
    [
        (json!({}), yes("approve-once"), no("reject")),
        (json!({ "connect": false }), yes("approved"), no(old_no)),
        (json!({ "protocol": 2 }), inside(yes("approved")), inside(no(old_no))),
    ]
}

fn shell(command: &str) -> Value {
    let commands = json!([{ "identifier": command, "readOnly": false }]);
    json!({ "kind": "shell", "fullCommandText": command, "commands": commands })
}

fn options() -> Value {
    json!({ "permissionPolicy": {
        "deny": [{ "command": "rm", "reason": "Not here." }],
        "ask": [{ "command": "curl" }],
        "allow": [{ "command": "ls" }, { "command": "curl" }],
    } })
}

/// The fake of that generation, which asks for each of the commands in one turn.
fn bed(server: &Value, commands: &[&str]) -> Bed {
    let mut turn: Vec<_> = commands.iter().map(|command| json!({ "permission": shell(command) })).collect();
    turn.push(json!({ "text": "done" }));
    let mut script = server.clone();
    script["turns"] = json!([turn]);
    Bed::new(script)
}

/// What the fake was answered.
fn answers(bed: &Bed) -> Vec<Value> {
    let log = bed.fake.log();
    let answers = log
        .iter()
        .filter(|record| record["answered"].as_str().is_some_and(|name| name.contains("permission")));
    let without_ids = |record: &Value| {
        let mut answer = record["answer"].clone();
        for id in ["sessionId", "requestId", "jsonrpc", "id"] {
            answer.as_object_mut().unwrap().remove(id);
        }
        answer
    };
    answers.map(without_ids).collect()
}

#[test]
fn the_handler_is_asked_what_no_rule_settles_and_nothing_else() {
    for (server, yes, no) in generations() {
        let bed = bed(&server, &["ls", "ls; touch x", "rm x", "curl x"]);
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&asked);
        let session = Setup::new(options())
            .answer(Asks::Permission, move |request| {
                told.lock().push(
                    request.params().string("/permissionRequest/fullCommandText").unwrap().into_owned(),
                );
                request
                    .answer(Answer::Respond(json!({ "kind": "approve-once" }).to_string().into()))
                    .unwrap();
            })
            .create(&bed.client)
            .unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        stop(&bed.client).unwrap();
        assert_eq!(*asked.lock(), ["ls; touch x", "curl x"]);
        assert_eq!(answers(&bed), [yes.clone(), yes.clone(), no, yes], "{server}");
    }
}

#[test]
fn without_a_handler_the_rest_is_denied() {
    for (server, yes, no) in generations() {
        let bed = bed(&server, &["ls", "ls; touch x", "rm x", "curl x"]);
        let session = Setup::new(options()).create(&bed.client).unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        stop(&bed.client).unwrap();
        let answers = answers(&bed);
        assert_eq!((&answers[0], &answers[2]), (&yes, &no), "{server}");
        for unasked in [&answers[1], &answers[3]] {
            let text = unasked.to_string();
            assert!(
                text.contains("user-not-available") || text.contains("could-not-request"),
                "{server}: {text}"
            );
        }
    }
}

#[test]
fn a_verdict_is_told_before_its_answer_is_acted_upon() {
    for (server, ..) in generations() {
        let bed = bed(&server, &["ls", "rm x", "curl x", "touch x"]);
        let verdicts: Arc<Mutex<Vec<Value>>> = Arc::default();
        let order = Log::default();
        let heard = Arc::clone(&verdicts);
        let session = Setup::new(options())
            .log(&order)
            .event(Some("permission.policy"), move |event| {
                assert_eq!(event.kind(), Kind::Policy);
                heard.lock().push(serde_json::from_str(event.json().text()).unwrap());
            })
            .create(&bed.client)
            .unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        stop(&bed.client).unwrap();
        let verdicts = verdicts.lock();
        let of = |member: &str| verdicts.iter().map(|verdict| verdict[member].clone()).collect::<Vec<_>>();
        assert_eq!(of("decision"), ["allow", "deny", "ask"]);
        assert_eq!(of("rule"), ["/allow/0", "/deny/0", "/ask/0"]);
        assert_eq!(of("reason"), [Value::Null, json!("Not here."), Value::Null]);
        assert_eq!(verdicts[0]["permissionRequest"], shell("ls"));
        let is_broadcast = server != json!({ "protocol": 2 });
        assert!(of("requestId").iter().all(|id| id.is_string() == is_broadcast), "{server}: {verdicts:?}");
        if is_broadcast {
            let order = order.lock();
            let of_permission: Vec<_> =
                order.iter().filter(|event| event.starts_with("permission.")).take(3).collect();
            assert_eq!(of_permission, ["permission.requested", "permission.policy", "permission.completed"]);
        }
    }
}

#[test]
fn items_of_verdicts_come_to_queues_of_items() {
    let bed =
        Bed::items(json!({ "turns": [[{ "permission": shell("ls") }, { "permission": shell("touch x") }]] }));
    let mut setup = Setup::new(options());
    setup.0.on_request(Asks::Permission, Asked::Item).unwrap();
    let session = setup.create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let turn = begin(&bed.client, session.queue().queue(), turn);
    let verdict = bed.take("verdict", |event| event.kind() == Kind::Policy);
    assert_eq!(verdict.event_type(), c"permission.policy");
    assert_eq!(verdict.session_id(), Some(session.core().id()));
    assert_eq!(verdict.json().string("/decision").as_deref(), Some("allow"));
    let request = bed.take_request();
    assert_eq!(request.params().string("/permissionRequest/fullCommandText").as_deref(), Some("touch x"));
    drop(request);
    end_of::<copilot::json::Json>(&turn).unwrap();
    stop(&bed.client).unwrap();
}

#[test]
fn what_a_hook_has_decided_and_what_managed_settings_reserve_is_not_the_policys() {
    let by_hook = json!({ "event_question": { "type": "permission.requested", "wait": false, "data": {
        "permissionRequest": shell("ls"), "resolvedByHook": true } } });
    let mut managed = shell("ls");
    managed["managedApprovalRequired"] = json!(true);
    let turn = json!([
        { "permission": managed }, { "permission": "ls" }, { "permission": {} }, by_hook, { "text": "done" },
    ]);
    let bed = Bed::new(json!({ "turns": [turn] }));
    let decisions = Log::default();
    let heard = Arc::clone(&decisions);
    let session = Setup::new(options())
        .event(Some("permission.policy"), move |event| {
            heard.lock().push(event.json().string("/decision").unwrap().into_owned());
        })
        .create(&bed.client)
        .unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    stop(&bed.client).unwrap();
    assert_eq!(*decisions.lock(), ["ask"]);
    let nobody = json!({ "result": { "kind": "user-not-available" } });
    assert_eq!(answers(&bed), [nobody.clone(), nobody.clone(), nobody]);
}

#[test]
fn a_policy_that_cannot_be_meant_makes_no_session() {
    let fake = Bed::new(json!({}));
    for (policy, part) in [
        (json!({ "allow": [{}] }), "/permissionPolicy/allow/0 says nothing"),
        (json!([]), "/permissionPolicy must be an object"),
    ] {
        let options = copilot::json::Json::parse(&json!({ "permissionPolicy": policy }).to_string()).unwrap();
        let error = copilot::session::Config::new(options).err().expect("it is refused");
        assert!(error.message().contains(part), "{error}");
    }
    // A session that is opened again works where it did, which is not known here.
    let rules = json!({ "allow": [{ "kind": "read", "path": "./**" }] });
    let resumed = |more: Value| {
        let mut options = json!({ "permissionPolicy": rules });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        copilot::session::resume(fake.client.core(), "some", &Setup::new(options).0).map(drop)
    };
    assert!(resumed(json!({})).unwrap_err().message().contains("/allow/0/path begins with ./"));
    resumed(json!({ "workingDirectory": "/tmp" })).unwrap();
    resumed(json!({ "rawParams": { "workingDirectory": "/tmp" } })).unwrap();
    // Nothing of it reaches the server.
    let session = Setup::new(json!({ "permissionPolicy": rules })).create(&fake.client).unwrap();
    let created = fake.called("session.create");
    assert!(created.get("permissionPolicy").is_none(), "{created}");
    drop(session);
    stop(&fake.client).unwrap();
}

#[test]
fn no_path_is_allowed_on_a_server_that_ran_already() {
    let client = client(&json!({ "cliUrl": "http://127.0.0.1:1" }));
    let begun = |rules: Value| {
        let setup = Setup::new(json!({ "permissionPolicy": rules, "workingDirectory": "/tmp" }));
        copilot::session::create(client.core(), &setup.0).map(drop)
    };
    let path = json!([{ "kind": "read", "path": "./**" }]);
    let error = begun(json!({ "allow": path })).unwrap_err();
    assert!(error.message().contains("/permissionPolicy/allow/0/path cannot be allowed"), "{error}");
    begun(json!({ "deny": path })).unwrap();
    begun(json!({ "allow": [{ "command": "ls" }] })).unwrap();
}
