use super::*;
use crate::error::Code;

fn asked(method: &str) -> Question {
    let params =
        r#"{"sessionId":"s1","providerName":"default","confirmationId":"c","reviewFingerprint":"f"}"#;
    Question::from_request(method, params)
}

fn answered(method: &str, json: &str) -> String {
    match respond(&asked(method), json).unwrap_or_else(|error| panic!("{method}: {error}")) {
        Wire::Result(result) => result,
        other => panic!("{method}: {other:?}"),
    }
}

/// An outcome in one line: a result as it is, an error as `code message [data]`.
fn line(wire: Wire) -> String {
    match wire {
        Wire::Result(result) => result,
        Wire::Error { code, message, data: None } => format!("{code} {message}"),
        Wire::Error { code, message, data: Some(data) } => format!("{code} {message} {data}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn good_answers_go_as_they_are() {
    for (method, answer) in [
        ("sessionFs.readFile", r#"{"content":"x","error":null}"#),
        ("sessionFs.readFileRange", r#"{"content":"eA==","byteLength":1}"#),
        ("sessionFs.writeFile", "null"),
        ("sessionFs.writeFile", r#"{"writeChanged":true}"#),
        ("sessionFs.rm", r#"{"code":"ENOENT"}"#),
        ("sessionFs.exists", r#"{"exists":true}"#),
        ("sessionFs.readdir", r#"{"entries":["a"]}"#),
        ("canvas.open", r#"{"url":"https://example.com"}"#),
        ("canvas.action.invoke", "[1]"),
        ("llmInference.httpRequestStart", "{}"),
        ("gitHubToken.getToken", r#"{"kind":"token","accessToken":"t","expiresIn":60}"#),
        ("gitHubToken.getToken", r#"{"kind":"cancelled"}"#),
        ("skillProvider.list", r#"{"skills":[]}"#),
        ("skillProvider.read", r#"{"markdown":null}"#),
        ("entraToken.getToken", r#"{"kind":"identity","accountId":"a"}"#),
        ("kerberosAuth.acquire", r#"{"token":"t"}"#),
        ("workflow.execute", r#"{"result":1}"#),
        ("factory.abort", "null"),
        ("tomorrows.question", "7"),
    ] {
        assert_eq!(answered(method, answer), answer, "{method}");
    }
    assert_eq!(answered("providerToken.getToken", r#""t""#), r#"{"token":"t"}"#);
    assert_eq!(answered("providerToken.getToken", r#"{"token":"t"}"#), r#"{"token":"t"}"#);
    let confirmed = r#"{"confirmationId":"c","reviewFingerprint":"f","decision":"confirm"}"#;
    assert_eq!(answered("installations.confirm", r#""confirm""#), confirmed);
    assert_eq!(answered("installations.confirm", r#"{"decision":"confirm"}"#), confirmed);
    let own = r#"{"reviewFingerprint":"f","decision":"decline","confirmationId":"x"}"#;
    assert_eq!(answered("installations.confirm", r#"{"decision":"decline","confirmationId":"x"}"#), own);
}

#[test]
fn an_error_in_an_answer_is_a_failure_of_the_methods_shape() {
    let gone = r#"{"error":{"code":"ENOENT","message":"no a"}}"#;
    let error = r#"{"code":"ENOENT","message":"ENOENT: no a"}"#;
    for (method, expected) in [
        ("sessionFs.readFile", format!(r#"{{"content":"","error":{error}}}"#)),
        ("sessionFs.readdir", format!(r#"{{"entries":[],"error":{error}}}"#)),
        ("sessionFs.writeFile", String::from(error)),
        ("sessionFs.exists", String::from(r#"{"exists":false}"#)),
        (
            "sessionFs.sqliteTransaction",
            String::from(r#"{"results":[],"error":{"errorClass":"fatal","message":"ENOENT: no a"}}"#),
        ),
    ] {
        assert_eq!(answered(method, gone), expected, "{method}");
    }
    assert_eq!(
        answered("sessionFs.readFile", r#"{"content":"half","error":{"code":"EIO"}}"#),
        r#"{"content":"half","error":{"code":"UNKNOWN","message":"EIO"}}"#
    );
    assert_eq!(
        answered("sessionFs.mkdir", r#"{"error":"disk full"}"#),
        r#"{"code":"UNKNOWN","message":"disk full"}"#
    );
    let busy = r#"{"results":[],"error":{"errorClass":"busyOrLocked","message":"m"}}"#;
    assert_eq!(answered("sessionFs.sqliteTransaction", busy), busy);
}

#[test]
fn wrong_answers_are_refused_and_say_what_belongs_there() {
    for (method, answer, hint) in [
        ("sessionFs.readFile", "\"text\"", "must be an object, but is a string"),
        ("sessionFs.readFile", "{}", "needs \"content\", a string"),
        ("sessionFs.stat", r#"{"isFile":1}"#, "at /isFile a number, but a boolean"),
        ("sessionFs.writeFile", "true", "null or an object, but is a boolean"),
        ("canvas.open", "null", "must be an object, but is null"),
        ("providerToken.getToken", "{}", "needs \"token\""),
        ("gitHubToken.getToken", r#"{"kind":"token","accessToken":"t"}"#, "needs \"expiresIn\", a number"),
        ("gitHubToken.getToken", r#"{"kind":"x"}"#, "one of \"token\", \"cancelled\""),
        ("skillProvider.read", r#"{"markdown":1}"#, "a string or null belongs there"),
        ("installations.confirm", r#""yes""#, "\"confirm\", \"decline\", \"cancel\""),
        ("tasks.cancel", "null", "must be an object"),
    ] {
        let error = respond(&asked(method), answer).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{method}");
        assert!(error.message().contains(hint) && error.message().contains(method), "{error}");
    }
    assert_eq!(respond(&asked("x.y"), "{").unwrap_err().code(), Code::InvalidJson);
}

#[test]
fn every_method_has_its_failure_its_silence_and_its_nobody() {
    let no_files = "-32603 No session filesystem provider for session: s1";
    let no_canvas = r#"-32603 no canvas handler is registered {"code":"canvas_handler_unset","message":"no canvas handler is registered"}"#;
    let status = |message: &str| format!(r#"{{"code":"UNKNOWN","message":"{message}"}}"#);
    let file = |empty: &str, message: &str| format!(r#"{{{empty},"error":{}}}"#, status(message));
    let said = |code: i64, text: &str| format!("{code} {text}");
    let broken = |code: &str, text: &str| format!(r#"-32603 {text} {{"code":"{code}","message":"{text}"}}"#);
    let silent = NO_ANSWER;
    let unknown = |method: &str| format!("-32601 Unhandled method {method}");
    for (method, failed, unheard, nobody) in [
        (
            "sessionFs.readFile",
            file(r#""content":"""#, "no"),
            file(r#""content":"""#, silent),
            no_files.into(),
        ),
        ("sessionFs.rename", status("no"), status(silent), no_files.into()),
        ("sessionFs.exists", r#"{"exists":false}"#.into(), r#"{"exists":false}"#.into(), no_files.to_owned()),
        (
            "canvas.open",
            broken("canvas_handler_failed", "no"),
            broken("canvas_handler_failed", silent),
            no_canvas.into(),
        ),
        (
            "canvas.action.invoke",
            broken("canvas_action_no_handler", "no"),
            broken("canvas_action_no_handler", silent),
            no_canvas.into(),
        ),
        (
            "llmInference.httpRequestChunk",
            said(-32603, "no"),
            "{}".into(),
            unknown("llmInference.httpRequestChunk"),
        ),
        (
            "providerToken.getToken",
            said(-32603, "Bearer-token provider failed: no"),
            said(-32603, "Bearer-token provider failed: the handler gave no answer"),
            said(-32603, "No bearer-token provider installed for BYOK provider \"default\""),
        ),
        (
            "gitHubToken.getToken",
            said(-32603, "GitHub token provider failed: no"),
            r#"{"kind":"cancelled"}"#.into(),
            said(-32603, "unknown GitHub token provider registration"),
        ),
        (
            "skillProvider.list",
            said(-32603, "Skill provider listSkills failed"),
            said(-32603, "Skill provider listSkills failed"),
            said(-32603, "No skill provider for session: s1"),
        ),
        (
            "extensionLaunchProvider.resolve",
            said(-32603, "no"),
            "{}".into(),
            said(-32603, "No extensionLaunchProvider client-global handler registered"),
        ),
        (
            "installations.confirm",
            said(-32603, "Installation confirmation failed"),
            said(-32603, "Installation confirmation failed"),
            said(-32601, "No installations client-global handler registered"),
        ),
        (
            "entraToken.getToken",
            said(-32603, "Entra token acquisition failed"),
            r#"{"kind":"unavailable"}"#.into(),
            unknown("entraToken.getToken"),
        ),
        (
            "kerberosAuth.acquire",
            said(-32603, "Kerberos token acquisition failed"),
            r#"{"token":null}"#.into(),
            said(-32603, "No kerberosAuth client-global handler registered"),
        ),
        (
            "sessionManagement.create",
            said(-32603, "no"),
            said(-32603, silent),
            said(-32602, "Session creation handler is unavailable"),
        ),
        ("tasks.cancel", said(-32603, "no"), r#"{"cancelled":false}"#.into(), unknown("tasks.cancel")),
        ("workflow.execute", said(-32603, "no"), said(-32603, silent), unknown("workflow.execute")),
        ("workflow.abort", said(-32603, "no"), "{}".into(), unknown("workflow.abort")),
        (
            "tomorrows.question",
            said(-32603, "no"),
            unknown("tomorrows.question"),
            unknown("tomorrows.question"),
        ),
    ] {
        assert_eq!(line(fail(&asked(method), "no")), failed, "{method}");
        assert_eq!(line(unanswered(&asked(method))), unheard, "{method}");
        assert_eq!(line(no_handler(&asked(method))), nobody, "{method}");
    }
}

#[test]
fn a_code_at_the_beginning_of_a_reason_is_the_code() {
    let failed = |method: &str, message: &str| line(fail(&asked(method), message));
    assert_eq!(failed("sessionFs.rm", "ENOENT: x"), r#"{"code":"ENOENT","message":"ENOENT: x"}"#);
    assert_eq!(failed("sessionFs.rm", "EACCES: x"), r#"{"code":"UNKNOWN","message":"EACCES: x"}"#);
    let busy = r#"{"results":[],"error":{"errorClass":"busyOrLocked","message":"busyOrLocked: x"}}"#;
    assert_eq!(failed("sessionFs.sqliteTransaction", "busyOrLocked: x"), busy);
    assert!(failed("canvas.open", "canvas_busy: x").contains(r#""code":"canvas_busy""#));
    assert!(failed("canvas.open", "canvas_busy").contains(r#""code":"canvas_handler_failed""#));
    assert!(failed("canvas.open", "Canvas: x").contains(r#""code":"canvas_handler_failed""#));
}
