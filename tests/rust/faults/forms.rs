//! Questions that the program puts to the user of a session.

use copilot::Code;
use copilot::json::Json;
use copilot::protocol::forms::Form;
use copilot::session::Session;

use super::*;

/// A session of a server that can show forms, and answers each so.
fn session(capabilities: Value, answer: Value) -> (Bed, Arc<Session>) {
    let bed = Bed::new(json!({ "on": {
        "session.create": { "reply": { "sessionId": "s", "capabilities": capabilities } },
        "session.ui.elicitation": answer,
    } }));
    let session = Setup::new(json!({ "sessionId": "s" })).create(&bed.client).unwrap();
    (bed, session)
}

fn asked(bed: &Bed, session: &Session, form: Form, options: Option<&str>) -> Result<String> {
    let work = Arc::clone(session.core()).ask_user(form, "Well?", options)?;
    on_session(&bed.client, session, work).map(|json: Json| json.text().to_owned())
}

fn can() -> Value {
    json!({ "ui": { "elicitation": true } })
}

#[test]
fn forms_are_shown_and_what_was_accepted_comes_back() {
    let accept = |content: Value| json!({ "reply": { "action": "accept", "content": content } });
    for (form, options, content, expected) in [
        (Form::Confirm, None, json!({ "confirmed": true }), "true"),
        (Form::Select, Some(r#"["a","b"]"#), json!({ "selection": "b" }), r#""b""#),
        (Form::Input, Some(r#"{"maxLength":9}"#), json!({ "value": "text" }), r#""text""#),
    ] {
        let (bed, session) = session(can(), accept(content));
        assert_eq!(asked(&bed, &session, form, options).unwrap(), expected);
        let shown = bed.called("session.ui.elicitation");
        assert_eq!(
            (&shown["message"], &shown["requestedSchema"]["type"]),
            (&json!("Well?"), &json!("object"))
        );
    }
    for action in ["decline", "cancel"] {
        let (bed, session) = session(can(), json!({ "reply": { "action": action } }));
        assert_eq!(asked(&bed, &session, Form::Confirm, None).unwrap(), "false");
        assert_eq!(asked(&bed, &session, Form::Input, None).unwrap(), "null");
    }
}

#[test]
fn nothing_is_sent_where_nobody_can_be_asked_or_the_question_is_none() {
    for capabilities in
        [json!({}), json!({ "ui": { "elicitation": false } }), json!({ "ui": {} }), json!(null)]
    {
        let (bed, session) = session(capabilities, json!({ "reply": {} }));
        let error = asked(&bed, &session, Form::Confirm, None).unwrap_err();
        assert_eq!(error.code(), Code::Unsupported);
        assert!(error.message().contains("COPILOT_REQUEST_ELICITATION"), "{error}");
        assert!(bed.fake.received("session.ui.elicitation").is_empty());
    }
    let (bed, session) = session(can(), json!({ "reply": {} }));
    let error = asked(&bed, &session, Form::Select, Some("[]")).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(bed.fake.received("session.ui.elicitation").is_empty());
}
