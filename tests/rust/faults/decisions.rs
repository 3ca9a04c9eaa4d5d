//! Ready-made decisions on permissions, and forms that the server refuses to take back.

use super::*;

fn asked(request: Value) -> Value {
    json!({ "permission": request })
}

/// What the fake was told of a permission that this handler decides on; null for nothing.
fn decided(server: Value, options: Value, request: Value, decide: fn(&Request)) -> Value {
    let mut asks = asked(request);
    let silent = asks["permission"]["managedApprovalRequired"] == true && server["protocol"] != 2;
    if silent {
        asks["permission"]["wait"] = json!(false);
    }
    let mut script = server;
    script["turns"] = json!([[asks, { "text": "done" }]]);
    let bed = Bed::new(script);
    let session = Setup::new(options).answer(QuestionKind::Permission, decide).create(&bed.client).unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    stop(&bed.client).unwrap();
    let answered = bed.fake.log().into_iter().find(|record| record.get("answered").is_some());
    if silent {
        assert!(bed.fake.received("session.permissions.handlePendingPermissionRequest").is_empty());
        return Value::Null;
    }
    let mut answer = answered.unwrap()["answer"]["result"].take();
    if answer.get("result").is_some() { answer["result"]["kind"].take() } else { answer["kind"].take() }
}

#[test]
fn approving_everything_leaves_to_people_what_is_theirs() {
    let shell = json!({ "kind": "shell", "fullCommandText": "true" });
    let mut managed = shell.clone();
    managed["managedApprovalRequired"] = json!(true);
    let all = Request::approve;
    assert_eq!(decided(json!({}), json!({}), shell.clone(), all), "approve-once");
    assert_eq!(decided(json!({ "connect": false }), json!({}), shell.clone(), all), "approved");
    assert_eq!(decided(json!({ "protocol": 2 }), json!({}), shell.clone(), all), "approved");
    assert_eq!(decided(json!({}), json!({}), managed.clone(), all), Value::Null);
    let nobody = "denied-no-approval-rule-and-could-not-request-from-user";
    assert_eq!(decided(json!({ "protocol": 2 }), json!({}), managed, all), nobody);
    for options in
        [json!({ "enableManagedSettings": true }), json!({ "managedSettings": { "permissions": {} } })]
    {
        assert_eq!(decided(json!({}), options, shell.clone(), all), "user-not-available");
    }
}

#[test]
fn denying_everything_lets_the_turn_go_on() {
    let shell = json!({ "kind": "shell", "fullCommandText": "true" });
    assert_eq!(decided(json!({}), json!({}), shell.clone(), Request::deny), "reject");
    let old = decided(json!({ "protocol": 2 }), json!({}), shell, Request::deny);
    assert_eq!(old, "denied-interactively-by-user");
}

#[test]
fn ready_made_decisions_leave_other_questions_alone() {
    for decide in [Request::approve, Request::deny] {
        let bed = Bed::new(json!({ "turns": [[{ "tool": { "name": "t" } }, { "text": "done" }]] }));
        let session = Setup::new(json!({})).tool(json!({ "name": "t" }), decide).create(&bed.client).unwrap();
        ask(&bed.client, &session, "Go").unwrap();
        let told = bed.logged(|record| record["answered"] == "tool").to_string();
        assert!(told.contains("the tool's handler gave no answer"), "{told}");
    }
}

/// The results that were sent for a form which the program answers so, where the server answers so; of the last one it
/// is known what it is.
fn form_results(answer: &'static str, reply: Value, last: &Value) -> Vec<Value> {
    let data = json!({ "requestId": "r", "message": "Who?" });
    let form = json!({ "type": "elicitation.requested", "data": data, "ephemeral": true });
    let bed = Bed::new(json!({
        "turns": [[{ "event": form }, { "text": "done" }]],
        "once": { "session.ui.handlePendingElicitation": reply },
    }));
    let session = Setup::new(json!({}))
        .answer(QuestionKind::Elicitation, move |request| {
            request.answer(Answer::Respond(answer.into())).unwrap();
        })
        .create(&bed.client)
        .unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    bed.logged(|record| record["in"]["params"]["result"] == *last);
    stop(&bed.client).unwrap();
    let sent = bed.fake.received("session.ui.handlePendingElicitation");
    sent.iter().map(|call| call["params"]["result"].clone()).collect()
}

#[test]
fn a_form_that_is_refused_is_cancelled_once() {
    let refused = json!({ "reply_error": { "code": -32602, "message": "content does not fit" } });
    let accept = r#"{"action":"accept","content":{"a":1}}"#;
    let accepted: Value = serde_json::from_str(accept).unwrap();
    let cancel = json!({ "action": "cancel" });
    assert_eq!(form_results(accept, refused.clone(), &cancel), [accepted.clone(), cancel.clone()]);
    assert_eq!(form_results(r#"{"action":"cancel"}"#, refused, &cancel), [cancel]);
    // Another client was first.
    assert_eq!(form_results(accept, json!({ "reply": { "success": false } }), &accepted), [accepted]);
}
