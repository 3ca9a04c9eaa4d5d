//! Other tools for a session that is open.

use std::sync::Arc;

use super::Core;
use super::config::{Config, Handlers};
use crate::error::{Code, Error, Result};
use crate::protocol::names::method;
use crate::protocol::server;
use crate::protocol::session_config::SessionConfig;
use crate::protocol::tool::Tool;

/// The tools that a session is to have from now on.
struct Tools {
    config: Arc<SessionConfig>,
    tools: Vec<Tool>,
    handlers: Handlers,
}

impl Core {
    /// Gives the session the configuration's tools in place of those that it has. The functions are exchanged when the
    /// server's consent is read: calls that came before it are for the old ones.
    pub fn set_tools(
        self: Arc<Core>,
        config: &Config,
    ) -> Result<impl Future<Output = Result<()>> + Send + 'static + use<>> {
        let patch = config.patch(&self.queue)?;
        let params = patch.config.encode_tools(&self.id, &patch.tools);
        let tools = Tools { config: patch.config, tools: patch.tools, handlers: patch.handlers };
        self.made.lock().config.with_tools_of(&tools.config).check_for(&tools.tools, false)?;
        Ok(async move {
            let _alone = self.alone().await;
            let connection = self.connection()?;
            let number = self.next_change();
            let core = self.this.clone();
            let take = move |_: &str| {
                if let Some(core) = core.upgrade() {
                    core.take_tools(number, tools);
                }
            };
            match connection.call_then(method::TOOLS_SET, &params, take).await {
                Err(error) if server::is_method_missing(&error, method::TOOLS_SET) => Err(too_old()),
                outcome => outcome.map(drop).map_err(server::name_taken),
            }
        })
    }

    fn next_change(&self) -> u64 {
        let mut made = self.made.lock();
        made.asked += 1;
        made.asked
    }

    /// The server has accepted the change of this number. One that was asked for later may have been accepted before,
    /// when nobody waited for this one any more.
    fn take_tools(&self, number: u64, tools: Tools) {
        let mut made = self.made.lock();
        if number <= made.accepted {
            return;
        }
        made.accepted = number;
        made.config = Arc::new(made.config.with_tools_of(&tools.config));
        made.tools = tools.tools;
        let handlers = Arc::clone(&self.handlers.lock());
        self.answer_with(handlers.with_tools_of(&tools.handlers));
    }
}

fn too_old() -> Error {
    let message = format!(
        "this CLI does not have {}, so the tools of an open session stay; update the CLI, or give the tools to \
         copilot_session_reopen",
        method::TOOLS_SET
    );
    Error::new(Code::Unsupported, message)
}
