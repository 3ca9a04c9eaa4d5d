//! The calls of a session.

use std::sync::Arc;

use super::Core;
use crate::client::Connection;
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

    /// Any method, with `sessionId` added to the program's parameters, which are checked at once.
    pub fn call_with(
        self: Arc<Core>,
        method: &str,
        params: Option<&str>,
    ) -> Result<impl Future<Output = Result<Json>> + Send + 'static + use<>> {
        if method.is_empty() {
            return Err(Error::invalid_argument("the method is empty"));
        }
        let method = method.to_owned();
        let params = params::with_session_id(params.unwrap_or("{}"), &self.id)?;
        Ok(async move { self.call_json(&method, &params).await })
    }

    async fn call_json(&self, method: &str, params: &str) -> Result<Json> {
        self.call(method, params).await.map(Json::from_trusted)
    }

    /// Stops the turn that is being worked on; the session can be used further.
    pub async fn abort(self: Arc<Core>) -> Result<()> {
        let connection = self.connection()?;
        let _aborting = self.waits.aborting();
        self.waits.after_sends().await;
        let read = |result: &str| replies::aborted(result, &self.id);
        connection.ask(method::SESSION_ABORT, &params::of_session(&self.id), read).await
    }

    /// The session's events so far: `{"events":[…]}`.
    pub async fn get_messages(self: Arc<Core>) -> Result<Json> {
        self.call_json(method::SESSION_GET_MESSAGES, &params::of_session(&self.id)).await
    }

    /// Lets another model answer from the next message on; `options`, more members of the call, are checked at once.
    pub fn set_model(
        self: Arc<Core>,
        model: &str,
        options: Option<&str>,
    ) -> Result<impl Future<Output = Result<Json>> + Send + 'static + use<>> {
        if model.is_empty() {
            return Err(Error::invalid_argument("the model's id is empty"));
        }
        let params = params::switch_model(&self.id, model, options)?;
        Ok(async move { self.call_json(method::SESSION_MODEL_SWITCH_TO, &params).await })
    }
}

/// Lets go of the session with this id.
pub(super) async fn part_from(connection: &Connection, id: &str) -> Result<()> {
    let params = params::of_session(id);
    for method in connection.server().letting_go() {
        match connection.ask(method, &params, |result| replies::let_go(result, id)).await {
            Err(error) if server::is_method_missing(&error, method) => {}
            outcome => return outcome,
        }
        // What else there is ends it for its other clients too; the end of the connection does not.
        if connection.is_leaving() {
            return Ok(());
        }
    }
    Err(Error::new(Code::Unsupported, format!("the server knows no way to let go of session {id}")))
}
