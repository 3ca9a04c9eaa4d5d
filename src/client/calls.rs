//! The calls of a client.

use std::borrow::Cow;
use std::sync::Arc;

use super::Core;
use crate::error::{Error, Result};
use crate::json::{self, Json};
use crate::protocol::names::method;
use crate::protocol::{params, replies};

impl Core {
    async fn call(self: Arc<Core>, method: &str, params: &str) -> Result<String> {
        let connection = self.connection().await?;
        connection.call(method, params).await
    }

    /// The same with params that the library has written itself.
    async fn call_fit(self: Arc<Core>, method: &'static str, params: &str) -> Result<String> {
        let connection = self.connection().await?;
        connection.call_fit(method, params).await
    }

    async fn call_json(self: Arc<Core>, method: &str, params: &str) -> Result<Json> {
        self.call(method, params).await.map(Json::from_trusted)
    }

    /// Any method, with the program's parameters, which are checked at once.
    pub fn call_with(
        self: Arc<Core>,
        method: &str,
        params: Option<&str>,
    ) -> Result<impl Future<Output = Result<Json>> + Send + 'static + use<>> {
        if method.is_empty() {
            return Err(Error::invalid_argument("the method is empty"));
        }
        let method = method.to_owned();
        let params = params.map_or(Ok("{}"), |params| checked(params, "the params"))?.to_owned();
        Ok(async move { self.call_json(&method, &params).await })
    }

    /// `{"message":…,"timestamp":…,"protocolVersion":…}`; the message comes back with "pong: " in front.
    pub async fn ping(self: Arc<Core>, message: Option<String>) -> Result<Json> {
        let params =
            message.map_or(Cow::Borrowed("{}"), |message| member("message", &json::quote(&message)).into());
        let result = self.call_fit(method::PING, &params).await?;
        Ok(Json::from_trusted(replies::ping(result)))
    }

    /// `{"version":…,"protocolVersion":…}`.
    pub async fn status(self: Arc<Core>) -> Result<Json> {
        self.call_json(method::STATUS_GET, "{}").await
    }

    /// `{"isAuthenticated":…,"authType"?,"host"?,"login"?,"statusMessage"?}`.
    pub async fn auth_status(self: Arc<Core>) -> Result<Json> {
        self.call_json(method::AUTH_GET_STATUS, "{}").await
    }

    /// `{"models":[…]}`, asked anew each time.
    pub async fn list_models(self: Arc<Core>) -> Result<Json> {
        self.call_json(method::MODELS_LIST, "{}").await
    }

    /// `{"sessions":[…]}`; the filter is an object, which is checked at once.
    pub fn list_sessions(
        self: Arc<Core>,
        filter: Option<&str>,
    ) -> Result<impl Future<Output = Result<Json>> + Send + 'static + use<>> {
        let params = match filter {
            Some(filter) => member("filter", checked(filter, "the filter")?),
            None => "{}".into(),
        };
        Ok(async move { self.call_json(method::SESSION_LIST, &params).await })
    }

    /// The id of the session used last as a JSON string; null where there is none.
    pub async fn last_session_id(self: Arc<Core>) -> Result<Json> {
        let result = self.call(method::SESSION_GET_LAST_ID, "{}").await?;
        let id = replies::last_session_id(&result);
        Ok(Json::from_trusted(id.map_or("null".into(), |id| json::quote(&id))))
    }

    /// Removes a session's data from the disk.
    pub async fn delete_session(self: Arc<Core>, id: String) -> Result<()> {
        let connection = self.connection().await?;
        let read = |result: &str| replies::deleted(result, &id);
        connection.ask(method::SESSION_DELETE, &params::of_session(&id), read).await
    }

    /// `{"sessionId"?,"workspacePath"?}`: the session that the server's terminal shows.
    pub async fn get_foreground_session(self: Arc<Core>) -> Result<Json> {
        self.call_json(method::SESSION_GET_FOREGROUND, "{}").await
    }

    /// Lets the server's terminal show this session.
    pub async fn set_foreground_session(self: Arc<Core>, id: String) -> Result<()> {
        let connection = self.connection().await?;
        let read = |result: &str| replies::set_foreground(result, &id);
        connection.ask(method::SESSION_SET_FOREGROUND, &params::of_session(&id), read).await
    }
}

fn member(name: &str, value: &str) -> String {
    format!("{{{}:{value}}}", json::quote(name))
}

/// An error unless the program's text is a JSON object.
fn checked<'a>(text: &'a str, what: &str) -> Result<&'a str> {
    json::validate(text).map_err(|error| error.within(what))?;
    match text.trim_start().starts_with('{') {
        true => Ok(text),
        false => Err(Error::invalid_argument(format!("{what} must be a JSON object"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn what_the_program_gives_must_be_an_object() {
        assert_eq!(checked(" {\"a\":1}", "the params").unwrap(), " {\"a\":1}");
        for (text, code) in
            [("", Code::InvalidJson), ("{", Code::InvalidJson), ("[{}]", Code::InvalidArgument)]
        {
            let error = checked(text, "the params").unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            assert!(error.message().starts_with("the params"), "{error}");
        }
    }

    #[test]
    fn one_member() {
        assert_eq!(member("message", &json::quote("a\"b")), r#"{"message":"a\"b"}"#);
    }
}
