//! The calls of a session.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Core;
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::protocol::names::method;
use crate::protocol::{params, replies, server};

impl Core {
    /// Any method of the session's, with `sessionId` in `params` already.
    pub(super) async fn call(&self, method: &str, params: &str) -> Result<String> {
        let connection = self.connection()?;
        connection.call(method, params).await
    }

    /// Any method, with `sessionId` added to the program's parameters.
    pub async fn call_with(self: Arc<Core>, method: String, params: String) -> Result<Json> {
        let params = params::with_session_id(&params, &self.id)?;
        Ok(Json::from_trusted(self.call(&method, &params).await?))
    }

    /// Stops the turn that is being worked on; the session can be used further.
    pub async fn abort(self: Arc<Core>) -> Result<()> {
        let result = self.call(method::SESSION_ABORT, &params::of_session(&self.id)).await?;
        replies::aborted(&result, &self.id).map_err(|error| error.redacted(self.connection.secrets()))
    }

    /// The session's events so far: `{"events":[…]}`.
    pub async fn get_messages(self: Arc<Core>) -> Result<Json> {
        let result = self.call(method::SESSION_GET_MESSAGES, &params::of_session(&self.id)).await?;
        Ok(Json::from_trusted(result))
    }

    /// Lets another model answer from the next message on; `options` are more members of the call.
    pub async fn set_model(self: Arc<Core>, model: String, options: Option<String>) -> Result<Json> {
        let params = params::switch_model(&self.id, &model, options.as_deref())?;
        Ok(Json::from_trusted(self.call(method::SESSION_MODEL_SWITCH_TO, &params).await?))
    }

    /// Tells the server that this client is done with the session, in the words that its generation knows.
    pub(super) async fn part(&self) -> Result<()> {
        if self.let_go.swap(true, Ordering::AcqRel) || self.connection.is_closed() {
            return Ok(());
        }
        let params = params::of_session(&self.id);
        for method in self.connection.server().letting_go() {
            match self.connection.call(method, &params).await {
                Ok(result) => return replies::let_go(&result, &self.id),
                Err(error) if server::is_method_missing(&error, method) => {}
                Err(error) => return Err(error),
            }
        }
        let message = format!("the server knows no way to let go of session {}", self.id);
        Err(Error::new(Code::Unsupported, message))
    }
}
