//! Calls of the program's tools that are answered late, twice, or when nobody waits any more; and a name that is taken.

use copilot::Code;
use copilot::json::Json;
use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind as Question;
use copilot::protocol::tool::Tool;
use copilot::queue::{Kind, Taken};
use copilot::request::Request;
use copilot::session::Asked;

use super::*;

/// A tool whose calls are taken from the queue, and answered when it suits.
fn with_late_tool(mut setup: Setup) -> Setup {
    let tool = json!({ "name": "look", "skipPermission": true, "parameters": { "type": "object", "properties": {
        "q": { "type": "string" } } } });
    setup.0.add_tool(Tool::parse(&tool.to_string()).unwrap(), Asked::Item).unwrap();
    setup.answer(Question::Permission, Request::approve)
}

/// Runs this on each CLI, with a client whose queue is served by [`take_call`] and [`Seen`]'s callbacks by [`drain`].
fn on_each_with_items(version: &str, test: impl Fn(&Bed)) {
    on_each_with(&json!({ "queue": { "mode": "items" } }), version, test);
}

/// Does what has come without waiting for more.
fn drain(bed: &Bed) {
    while let Taken::Event(event) = bed.client.queue().next(Some(Duration::ZERO)).unwrap() {
        event.deliver();
    }
}

/// A script in which the tool is called before this is said.
fn look_and_say(text: &str) -> Value {
    json!([{ "tools": [["look", { "q": text }]] }, { "text": text }])
}

/// The next call of such a tool. What else comes meanwhile is done.
fn take_call(bed: &Bed) -> Arc<Request> {
    loop {
        match bed.client.queue().next(Some(PATIENCE)).unwrap() {
            Taken::Event(event) if event.kind() == Kind::Request && !event.has_callback() => {
                return event.take_request().unwrap();
            }
            Taken::Event(event) => event.deliver(),
            _ => panic!("no call of the tool came"),
        }
    }
}

fn respond(request: &Request, text: &str) -> Result<()> {
    request.answer(Answer::Respond(json!(text).to_string().into()))
}

#[test]
fn a_late_answer_counts_once() {
    on_each_with_items("0", |bed| {
        let seen = Seen::default();
        let setup = with_late_tool(bed.setup("late", look_and_say("Done"), json!({})));
        let session = seen.of(setup).create(&bed.client).unwrap();
        let turn = Arc::clone(session.core()).send_and_wait(prompt("Look"), Some(PATIENCE));
        let turn = begin(&bed.client, session.queue().queue(), turn);
        let call = take_call(bed);
        let pending = || bed.call(&session, "session.tools.listPendingRequests", json!({}))["items"].clone();
        let lists = bed.cli.is_at_least("1.0.102");
        if lists {
            let items = pending();
            assert_eq!(items.as_array().map(Vec::len), Some(1), "{items}");
            assert_eq!(
                (&items[0]["toolName"], &items[0]["arguments"]),
                (&json!("look"), &json!({ "q": "Done" }))
            );
        }
        respond(&call, "seen").unwrap();
        assert_eq!(respond(&call, "seen again").unwrap_err().code(), Code::InvalidState);
        assert_eq!(answer(&parsed(end_of::<Json>(&turn).unwrap().text())), "Done");
        drain(bed);
        let asked = seen.last("external_tool.requested");
        // The first CLIs say yes to anything.
        if let Some(event) = asked.filter(|_| bed.cli.is_at_least("1.0.40")) {
            let twice = json!({ "requestId": event["data"]["requestId"], "result": "seen again" });
            assert_eq!(bed.call(&session, "session.tools.handlePendingToolCall", twice)["success"], false);
        }
        let told = bed.model.requests("late").last().unwrap()["messages"].as_array().unwrap().last().cloned();
        assert_eq!(told.unwrap()["content"], "seen");
        assert!(!lists || pending() == json!([]));
    });
}

#[test]
fn an_abort_withdraws_the_call_and_its_answer_is_refused() {
    on_each_with_items(PROTOCOL_3, |bed| {
        let mut steps = look_and_say("never");
        steps[1] = json!({ "text": "on we go" });
        let session = with_late_tool(bed.setup("withdrawn", steps, json!({}))).create(&bed.client).unwrap();
        bed.post(&session, "Look");
        let call = take_call(bed);
        on_session(&bed.client, &session, Arc::clone(session.core()).abort()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while !call.is_cancelled() {
            assert!(Instant::now() < deadline, "the call was not withdrawn");
            if let Taken::Event(event) = bed.client.queue().next(Some(Duration::from_millis(10))).unwrap() {
                event.deliver();
            }
        }
        assert_eq!(respond(&call, "too late").unwrap_err().code(), Code::Cancelled);
        assert_eq!(bed.ask(&session, "Go on"), "on we go");
        assert!(!bed.told("withdrawn").contains("too late"));
    });
}

#[test]
fn eight_sessions_of_one_client_work_at_the_same_time_with_two_models() {
    on_each_with_items("0", |bed| {
        let models = ["fake", "other"];
        let sessions: Vec<_> = (0..8)
            .map(|n| {
                let text = format!("answer {n}");
                let setup =
                    bed.setup(&format!("s{n}"), look_and_say(&text), json!({ "model": models[n % 2] }));
                with_late_tool(setup).create(&bed.client).unwrap()
            })
            .collect();
        let turns: Vec<_> = sessions
            .iter()
            .map(|session| {
                let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
                begin(&bed.client, session.queue().queue(), turn)
            })
            .collect();
        // Nobody is answered before everybody has asked.
        let calls: Vec<_> = sessions.iter().map(|_| take_call(bed)).collect();
        for call in calls.iter().rev() {
            let of = sessions.iter().position(|s| Some(s.core().id()) == call.session_id()).unwrap();
            let asked = call.params().string("/arguments/q").unwrap().into_owned();
            assert_eq!(asked, format!("answer {of}"));
            respond(call, &format!("looked up {of}")).unwrap();
        }
        for (n, turn) in turns.iter().enumerate() {
            assert_eq!(answer(&parsed(end_of::<Json>(turn).unwrap().text())), format!("answer {n}"));
            let requests = bed.model.requests(&format!("s{n}"));
            assert_eq!(requests.len(), 2);
            assert!(requests.iter().all(|request| request["model"] == models[n % 2]), "session {n}");
            assert!(requests[1]["messages"].to_string().contains(&format!("looked up {n}")));
        }
    });
}

/// A tool with the name of a built-in one.
fn grep(more: Value) -> Value {
    let mut tool = json!({ "name": "grep", "description": "Mine", "parameters": { "type": "object" } });
    real::merge(&mut tool, &more);
    tool
}

/// The descriptions of the tools of that name that the model was offered.
fn offered(bed: &Bed, script: &str) -> Vec<Value> {
    let requests = bed.model.requests(script);
    let tools = requests[0]["tools"].as_array().unwrap().iter().map(|tool| &tool["function"]);
    tools.filter(|tool| tool["name"] == "grep").map(|tool| tool["description"].clone()).collect()
}

#[test]
fn a_tool_with_the_name_of_a_built_in_one_is_an_error_unless_it_says_so() {
    on_each(PROTOCOL_3, |bed| {
        let setup = bed.setup("clash", json!([{ "text": "x" }]), json!({})).tool(grep(json!({})), |_| {});
        // Found out when a turn is to begin, not when the session is made.
        let session = setup.create(&bed.client).unwrap();
        let error = ask(&bed.client, &session, "Go").unwrap_err();
        assert_eq!(error.code(), Code::Session, "{error}");
        let told = error.message();
        assert!(told.contains("\"grep\" conflicts with a built-in tool"), "{told}");
        assert!(told.contains("overridesBuiltInTool: true"), "{told}");
        assert!(bed.model.requests("clash").is_empty());
        let says_so = grep(json!({ "overridesBuiltInTool": true }));
        let setup = bed.setup("override", json!([{ "text": "x" }]), json!({})).tool(says_so, |_| {});
        let session = setup.create(&bed.client).unwrap();
        assert_eq!(bed.ask(&session, "Go"), "x");
        assert_eq!(offered(bed, "override"), ["Mine"]);
    });
}

#[test]
fn servers_of_protocol_2_offer_both_tools_of_a_name_and_call_ours() {
    on_each("0", |bed| {
        if bed.cli.is_at_least(PROTOCOL_3) {
            return;
        }
        for says_so in [false, true] {
            let script = format!("both-{says_so}");
            let steps = json!([{ "tools": [["grep", { "pattern": "x" }]] }, { "text": "x" }]);
            let session = bed
                .setup(&script, steps, json!({}))
                .tool(grep(json!({ "overridesBuiltInTool": says_so })), |call| respond(call, "ours").unwrap())
                .answer(Question::Permission, Request::approve)
                .create(&bed.client)
                .unwrap();
            assert_eq!(bed.ask(&session, "Go"), "x");
            assert_eq!(offered(bed, &script).len(), 2);
            let told = bed.model.requests(&script)[1]["messages"].as_array().unwrap().last().cloned();
            assert_eq!(told.unwrap()["content"], "ours");
        }
    });
}
