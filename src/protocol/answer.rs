//! What goes back for a question: the program's answer checked and put into the server's form, or the default
//! where the program gave none.

use std::borrow::Cow;

use super::members::{ObjectText, push_quoted, quoted, text_of};
use super::methods;
use super::permission::{self, Decision};
use super::pick::pick_lenient;
use super::question::{Kind, Question, row};
use super::server::{PermissionWords, Server};
use super::tool_result;
use crate::error::{Code, Error, Result};

mod shapes;

/// JSON-RPC: the handler failed.
const INTERNAL_ERROR: i64 = -32603;
/// JSON-RPC: the params are not what the method takes.
const INVALID_PARAMS: i64 = -32602;

/// Room for an answer of the usual size.
const ROOM: usize = 256;

/// The answer to an elicitation that says nothing was filled in.
const NO_FORM: &str = r#"{"action":"cancel"}"#;

/// How the program answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// With this JSON text.
    Respond(Cow<'a, str>),
    /// With this text, which stands for the JSON string that says it.
    Say(Cow<'a, str>),
    /// It could not, for this reason.
    Fail(Cow<'a, str>),
    /// It leaves the question to another client.
    Decline,
    /// It dropped the question, or returned without an answer.
    Unanswered,
    /// It has no handler for the question.
    NoHandler,
}

/// What to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A call that answers an event.
    Call {
        /// The method.
        method: &'static str,
        /// Its params, JSON text.
        params: String,
    },
    /// The result of the server's request, JSON text.
    Result(String),
    /// The error of the server's request.
    Error {
        /// JSON-RPC's code.
        code: i64,
        /// What the server, and perhaps its user, is told.
        message: String,
        /// More of it, JSON text, where the method says so.
        data: Option<String>,
    },
    /// Nothing.
    Silence,
}

/// Where a question came from and how it may be answered.
struct Reply<'a> {
    question: &'a Question,
    session_id: &'a str,
    by_event: bool,
    server: &'a Server,
    permission_pending: bool,
}

/// What to send for an answer. `by_event` says that the question came as an event, `permission_default_pending`
/// that permission questions without a handler are left to other clients.
///
/// Fails with `InvalidJson` or `InvalidArgument` where the program's JSON is not what the kind wants (the question
/// is still open then), and with `Unsupported` where it declines what only this client can answer.
pub fn encode(
    question: &Question,
    session_id: &str,
    by_event: bool,
    server: &Server,
    permission_default_pending: bool,
    answer: Answer<'_>,
) -> Result<Wire> {
    let reply =
        Reply { question, session_id, by_event, server, permission_pending: permission_default_pending };
    if by_event && question.resolved_by_hook {
        return Ok(Wire::Silence);
    }
    match answer {
        Answer::Respond(json) => reply.respond(&json),
        Answer::Say(text) => reply.say(&text),
        Answer::Fail(message) => reply.fail(&message),
        Answer::Decline => reply.decline(),
        Answer::Unanswered => reply.unanswered(),
        Answer::NoHandler => reply.no_handler(),
    }
}

impl Reply<'_> {
    fn respond(&self, json: &str) -> Result<Wire> {
        match self.question.kind {
            Kind::Tool => {
                let call = self.addressed()?;
                Ok(self.wire(call.written("result", |text| tool_result::write(text, json))?))
            }
            Kind::Permission => match permission::decision(json, self.words())? {
                Decision::NoResult => self.decline(),
                Decision::Result { result, context: Some(context) } if self.by_event => {
                    self.send(&[("result", &result), ("decisionContext", &context)])
                }
                Decision::Result { result, .. } => self.send(&[("result", &result)]),
            },
            Kind::Elicitation => self.send(&[("result", &shapes::elicitation(json)?)]),
            Kind::McpOauth => self.send(&[("result", &shapes::oauth(json, self.may_refresh())?)]),
            Kind::Command => {
                shapes::command(json)?;
                self.send(&[])
            }
            Kind::UserInput => shapes::user_input(json).map(Wire::Result),
            Kind::Hook => Ok(Wire::Result(hook(&shapes::hook(json)?))),
            Kind::ExitPlanMode => shapes::exit_plan_mode(json).map(Wire::Result),
            Kind::AutoModeSwitch => shapes::auto_mode_switch(json).map(Wire::Result),
            Kind::SystemMessage => {
                let asked = self.asked_member("sections").unwrap_or("{}");
                shapes::system_message(json, asked).map(Wire::Result)
            }
            Kind::Other => methods::respond(self.question, json),
        }
    }

    /// [`respond`](Self::respond) with the JSON string, which need not be looked at again.
    fn say(&self, text: &str) -> Result<Wire> {
        if self.question.kind != Kind::Tool {
            return self.respond(&quoted(text));
        }
        let call = self.addressed()?.written("result", |out| {
            tool_result::write_text(out, text);
            Ok(())
        })?;
        Ok(self.wire(call))
    }

    fn fail(&self, message: &str) -> Result<Wire> {
        let message = if message.is_empty() { "the handler failed" } else { message };
        match self.question.kind {
            Kind::Tool => self.tool_failure(message),
            Kind::Command => self.send_error(message),
            // The wire has no room for the reason; what a failed handler means is that nobody decided.
            Kind::Permission | Kind::Elicitation | Kind::McpOauth | Kind::Hook | Kind::SystemMessage => {
                self.unanswered()
            }
            Kind::UserInput | Kind::ExitPlanMode | Kind::AutoModeSwitch => Ok(error(INTERNAL_ERROR, message)),
            Kind::Other => Ok(methods::fail(self.question, message)),
        }
    }

    fn decline(&self) -> Result<Wire> {
        if self.by_event {
            return Ok(Wire::Silence);
        }
        let message = format!(
            "`{}` was asked of this client alone, so it cannot be left to another one; answer it, or let it fail",
            self.question.method
        );
        Err(Error::new(Code::Unsupported, message))
    }

    fn unanswered(&self) -> Result<Wire> {
        match self.question.kind {
            Kind::Tool => self.tool_failure("the tool's handler gave no answer"),
            Kind::Permission => self.send(&[("result", &permission::nobody(self.words()))]),
            Kind::Elicitation => self.send(&[("result", NO_FORM)]),
            Kind::McpOauth => self.send(&[("result", r#"{"kind":"cancelled"}"#)]),
            Kind::Command => self.send_error("the command's handler gave no answer"),
            Kind::UserInput => Ok(error(INTERNAL_ERROR, "the user input handler gave no answer")),
            Kind::Hook => Ok(Wire::Result(hook("null"))),
            Kind::ExitPlanMode => Ok(Wire::Result(String::from(r#"{"approved":true}"#))),
            Kind::AutoModeSwitch => Ok(Wire::Result(String::from(r#"{"response":"no"}"#))),
            Kind::SystemMessage => Ok(self.sections_unchanged()),
            Kind::Other => Ok(methods::unanswered(self.question)),
        }
    }

    fn no_handler(&self) -> Result<Wire> {
        if self.by_event && row(self.question.kind).silent_without_handler {
            return Ok(Wire::Silence);
        }
        match self.question.kind {
            Kind::Permission if self.by_event && self.permission_pending => Ok(Wire::Silence),
            Kind::Tool => {
                let name = self.question.tool_name().unwrap_or_default();
                self.send(&[("result", &tool_result::unsupported(name))])
            }
            Kind::Command => {
                let command = self.asked_member("commandName").and_then(text_of).unwrap_or_default();
                self.send_error(&format!("Unknown command: {command}"))
            }
            Kind::UserInput => Ok(error(INTERNAL_ERROR, "User input requested but no handler registered")),
            Kind::Other => Ok(methods::no_handler(self.question)),
            _ => self.unanswered(),
        }
    }

    /// On protocol 3 an error beside the result; on protocol 2 a result, for there an error would reach the model
    /// word for word.
    fn tool_failure(&self, message: &str) -> Result<Wire> {
        if self.by_event {
            self.send_error(message)
        } else {
            self.send(&[("result", &tool_result::failure(message))])
        }
    }

    fn send_error(&self, message: &str) -> Result<Wire> {
        self.send(&[("error", &quoted(message))])
    }

    /// These members in the call that answers the event, or as the request's result.
    fn send(&self, members: &[(&str, &str)]) -> Result<Wire> {
        let call = self.addressed()?;
        Ok(self.wire(members.iter().fold(call, |call, (name, json)| call.raw(name, json))))
    }

    /// The beginning of what is sent.
    fn addressed(&self) -> Result<ObjectText> {
        if !self.by_event {
            return Ok(ObjectText::new());
        }
        let mut text = String::with_capacity(ROOM);
        text.push_str(r#"{"sessionId":"#);
        push_quoted(&mut text, self.session_id);
        text.push_str(r#","requestId":"#);
        push_quoted(&mut text, self.request_id()?);
        Ok(ObjectText::begun(text))
    }

    /// The whole of it.
    fn wire(&self, object: ObjectText) -> Wire {
        match row(self.question.kind).answered_with {
            Some(method) if self.by_event => Wire::Call { method, params: object.finish() },
            _ => Wire::Result(object.finish()),
        }
    }

    fn words(&self) -> PermissionWords {
        self.server.permission_words()
    }

    fn request_id(&self) -> Result<&str> {
        let missing = || {
            let message =
                format!("`{}` has no request id to answer; please report this", self.question.method);
            Error::new(Code::Internal, message)
        };
        self.question.request_id().ok_or_else(missing)
    }

    fn asked_member(&self, name: &str) -> Option<&str> {
        pick_lenient(&self.question.params, [name])[0]
    }

    fn may_refresh(&self) -> bool {
        self.asked_member("runtimeRefreshSupported") == Some("true")
    }

    fn sections_unchanged(&self) -> Wire {
        match self.asked_member("sections") {
            Some(sections) => Wire::Result(ObjectText::new().raw("sections", sections).finish()),
            None => error(INVALID_PARAMS, "missing required field: sections"),
        }
    }
}

/// The params that answer a tool call which nobody can understand.
pub fn tool_error(session_id: &str, request_id: &str, problem: &str) -> String {
    let object = ObjectText::new().text("sessionId", session_id).text("requestId", request_id);
    object.text("error", problem).finish()
}

/// The call that withdraws a form, in place of one with these params; `None` where those did just that.
pub fn elicitation_cancelled(params: &str) -> Option<String> {
    let [session, request, result] = pick_lenient(params, ["sessionId", "requestId", "result"]);
    let [action] = pick_lenient(result?, ["action"]);
    if action.and_then(text_of).is_some_and(|action| action == "cancel") {
        return None;
    }
    let object = ObjectText::new().raw("sessionId", session?).raw("requestId", request?);
    Some(object.raw("result", NO_FORM).finish())
}

fn hook(output: &str) -> String {
    ObjectText::new().raw("output", output).finish()
}

fn error(code: i64, message: &str) -> Wire {
    Wire::Error { code, message: String::from(message), data: None }
}

#[cfg(test)]
mod tests;
