//! What the user is asked: questions, forms, plans, commands.

use copilot::Code;
use copilot::json::Json;
use copilot::protocol::forms::Form;
use copilot::protocol::question::Kind;

use super::*;

fn form(bed: &Bed, session: &copilot::session::Session, form: Form, options: Option<&str>) -> String {
    let work = Arc::clone(session.core()).ask_user(form, "Well?", options).unwrap();
    let answer: Json = on_session(&bed.client, session, work).unwrap();
    answer.text().to_owned()
}

#[test]
fn forms_go_round_to_the_handler_of_the_same_session() {
    on_each(NEW, |bed| {
        let session = bed
            .setup("forms", json!([]))
            .answer(Kind::Elicitation, |request| {
                let properties = request.params().raw("/requestedSchema/properties").unwrap();
                let content = match properties {
                    text if text.contains("confirmed") => json!({ "confirmed": true }),
                    text if text.contains("selection") => json!({ "selection": "b" }),
                    _ => return respond(request, json!({ "action": "decline" })),
                };
                respond(request, json!({ "action": "accept", "content": content }));
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(form(bed, &session, Form::Confirm, None), "true");
        assert_eq!(form(bed, &session, Form::Select, Some(r#"["a","b"]"#)), r#""b""#);
        assert_eq!(form(bed, &session, Form::Input, Some(r#"{"title":"T"}"#)), "null");
    });
}

#[test]
fn a_form_that_is_let_go_is_cancelled() {
    on_each(NEW, |bed| {
        let session =
            bed.setup("forms", json!([])).answer(Kind::Elicitation, |_| {}).create(&bed.client).unwrap();
        assert_eq!(form(bed, &session, Form::Confirm, None), "false");
        let raw = Arc::clone(session.core()).call_with(
            "session.ui.elicitation",
            Some(r#"{"message":"m","requestedSchema":{"type":"object","properties":{}}}"#),
        );
        let result: Json = on_session(&bed.client, &session, raw.unwrap()).unwrap();
        assert_eq!(result.string("/action").as_deref(), Some("cancel"));
    });
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    on_each("0", |bed| {
        let session = bed.setup("forms", json!([])).create(&bed.client).unwrap();
        let error = Arc::clone(session.core()).ask_user(Form::Confirm, "Well?", None).err().unwrap();
        assert_eq!(error.code(), Code::Unsupported, "{error}");
    });
}

#[test]
fn the_agent_asks_the_user() {
    on_each("0", |bed| {
        let question = json!({ "question": "Which colour?", "choices": ["red", "blue"] });
        let session = bed
            .setup("ask", json!([{ "tools": [["ask_user", question]] }, { "text": "done" }]))
            .answer(Kind::UserInput, |request| {
                assert_eq!(request.params().string("/question").as_deref(), Some("Which colour?"));
                respond(request, json!({ "answer": "blue", "wasFreeform": false }));
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session), "done");
        assert!(bed.told("ask").contains("blue"), "{}", bed.told("ask"));
    });
}

#[test]
fn the_agent_asks_by_a_form() {
    on_each("1.0.102", |bed| {
        let schema = json!({ "message": "Which colour?", "requestedSchema": { "type": "object", "properties": {
            "colour": { "type": "string" } }, "required": ["colour"] } });
        let mut options =
            bed.options("ask", json!([{ "tools": [["ask_user", schema]] }, { "text": "done" }]));
        options["askUserVariant"] = json!("elicitation");
        let session = Setup::new(options)
            .answer(Kind::UserInput, |_| panic!("it is a form"))
            .answer(Kind::Elicitation, |request| {
                respond(request, json!({ "action": "accept", "content": { "colour": "ultramarine" } }));
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session), "done");
        assert!(bed.told("ask").contains("ultramarine"));
    });
}

#[test]
fn a_plan_is_approved_or_sent_back() {
    on_each(NEW, |bed| {
        for (script, answer, told) in [
            ("approved", json!({ "approved": true, "selectedAction": "interactive" }), "approved"),
            ("refused", json!({ "approved": false, "feedback": "not on a Friday" }), "not on a Friday"),
        ] {
            let plan = json!({ "summary": "All of it" });
            let session = bed
                .setup(script, json!([{ "tools": [["exit_plan_mode", plan]] }, { "text": "done" }]))
                .answer(Kind::ExitPlanMode, move |request| {
                    assert!(request.params().count("/actions") > 0);
                    respond(request, answer.clone());
                })
                .answer(Kind::Permission, Request::approve)
                .create(&bed.client)
                .unwrap();
            let mode = Arc::clone(session.core()).call_with("session.mode.set", Some(r#"{"mode":"plan"}"#));
            on_session(&bed.client, &session, mode.unwrap()).unwrap();
            assert_eq!(bed.ask(&session), "done");
            assert!(bed.told(script).to_lowercase().contains(&told.to_lowercase()), "{}", bed.told(script));
        }
    });
}

#[test]
fn a_command_runs_in_the_program() {
    on_each(NEW, |bed| {
        let ran = Log::default();
        let runs = Arc::clone(&ran);
        let mut options = bed.options("command", json!([]));
        options["commands"] = json!([{ "name": "deploy", "description": "Deploys" }]);
        let session = Setup::new(options)
            .answer(Kind::Command, move |request| {
                let of = |pointer| request.params().string(pointer).unwrap().into_owned();
                runs.lock().push(format!("{} {}", of("/commandName"), of("/args")));
                respond(request, json!(null));
            })
            .create(&bed.client)
            .unwrap();
        let run = Arc::clone(session.core())
            .call_with("session.commands.invoke", Some(r#"{"name":"deploy","input":"prod"}"#));
        let _ = on_session(&bed.client, &session, run.unwrap());
        assert_eq!(*ran.lock(), ["deploy prod"]);
    });
}
