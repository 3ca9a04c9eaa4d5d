//! Questions that the program puts to the user of a session, wherever that user sits.

use std::sync::Arc;

use super::Core;
use crate::error::{Code, Error, Result};
use crate::json::{Json, scan};
use crate::protocol::forms::Form;
use crate::protocol::names::method;

impl Core {
    /// Shows a form to the user of whichever client of the session has one, and gives the answer: true or false for
    /// [`Form::Confirm`], else a text or null. What is asked is checked at once; a session without such a client is
    /// `Code::Unsupported`.
    pub fn ask_user(
        self: Arc<Core>,
        form: Form,
        message: &str,
        options: Option<&str>,
    ) -> Result<impl Future<Output = Result<Json>> + Send + 'static + use<>> {
        let params = form.params(&self.id, message, options)?;
        if !self.capability("/ui/elicitation") {
            return Err(no_user());
        }
        Ok(async move {
            let result = self.call(method::UI_ELICITATION, &params).await?;
            Ok(Json::from_trusted(form.answer(&result)))
        })
    }

    /// Whether the server says that the session can do this; the pointer is into its `capabilities`.
    pub fn capability(&self, pointer: &str) -> bool {
        let capabilities = self.capabilities.get();
        capabilities.and_then(|capabilities| scan::find(capabilities, pointer)) == Some("true")
    }
}

fn no_user() -> Error {
    Error::new(
        Code::Unsupported,
        "no client of this session can show a form to a user (capability ui.elicitation); register a callback for \
         COPILOT_REQUEST_ELICITATION in the session's configuration",
    )
}
