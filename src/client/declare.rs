//! What is declared to the server after the handshake: which of its questions this client answers, and what it brings.

use super::Core;
use super::connection::Connection;
use crate::error::Result;
use crate::json;
use crate::protocol::client_options::ClientOptions;
use crate::protocol::names::{method, request};
use crate::protocol::{replies, server};

/// One declaration.
struct Declaration {
    method: &'static str,
    /// What of the program's needs it; for errors.
    needed_by: &'static str,
    /// The params; `None` where the program has not asked for it.
    params: fn(&Core, &ClientOptions) -> Option<String>,
}

/// In the order of the official SDKs.
static DECLARATIONS: [Declaration; 5] = [
    Declaration {
        method: method::KERBEROS_AUTH_SET_PROVIDER,
        needed_by: "the option kerberosAuth",
        params: |_, options| options.kerberos_auth.clone(),
    },
    Declaration {
        method: method::REGISTER_EXTENSION_LAUNCH_PROVIDER,
        needed_by: "the handler of extensionLaunchProvider.resolve",
        params: |core, _| answered_by(core, request::EXTENSION_LAUNCH_PROVIDER_RESOLVE),
    },
    Declaration {
        method: method::PLUGINS_BUILTIN_SET,
        needed_by: "the option builtinPluginDirectories",
        params: |_, options| plugins(&options.builtin_plugin_directories),
    },
    Declaration {
        method: method::SESSION_FS_SET_PROVIDER,
        needed_by: "the option sessionFs",
        params: |_, options| options.session_fs.clone(),
    },
    Declaration {
        method: method::LLM_INFERENCE_SET_PROVIDER,
        needed_by: "the handler of llmInference.httpRequestStart",
        params: |core, _| answered_by(core, request::LLM_INFERENCE_HTTP_REQUEST_START),
    },
];

/// A declaration without params, made where the program answers this method.
fn answered_by(core: &Core, method: &str) -> Option<String> {
    core.handles(method).then(|| String::from("{}"))
}

fn plugins(paths: &[String]) -> Option<String> {
    let quoted: Vec<_> = paths.iter().map(|path| json::quote(path)).collect();
    (!quoted.is_empty()).then(|| format!("{{\"paths\":[{}]}}", quoted.join(",")))
}

impl Core {
    /// Makes the declarations that the program needs, one after the other.
    ///
    /// Errors: `Unsupported` where the server knows one of them not; the server's refusal.
    pub(super) async fn declare(&self, connection: &Connection) -> Result<()> {
        for declaration in &DECLARATIONS {
            let Some(params) = (declaration.params)(self, &self.options) else { continue };
            let done = |result: &str| replies::declared(result, declaration.needed_by);
            connection.ask(declaration.method, &params, done).await.map_err(|error| {
                match server::is_method_missing(&error, declaration.method) {
                    true => server::too_old(error, declaration.needed_by),
                    false => error.within(declaration.needed_by),
                }
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_set_where_there_are_any() {
        assert_eq!(plugins(&[]), None);
        assert_eq!(plugins(&["/a \"b\"".into(), "/c".into()]).unwrap(), r#"{"paths":["/a \"b\"","/c"]}"#);
    }
}
