//! The secrets in a session's params: what the server is given to sign in to other places with.

use super::members::{Members, items};
use crate::json::scan;

/// The members of a provider that are secrets by themselves.
const PROVIDER_SECRETS: [&str; 2] = ["apiKey", "bearerToken"];

/// The secrets in params of `session.create` or `session.resume`, which are sound JSON.
pub(super) fn of_params(params: &str) -> Vec<String> {
    let params = Members::lenient(params);
    let mut secrets = Vec::new();
    secrets.extend(params.text("gitHubToken"));
    for provider in params.get("provider").into_iter().chain(elements(&params, "providers")) {
        let provider = Members::lenient(provider);
        secrets.extend(PROVIDER_SECRETS.iter().filter_map(|name| provider.text(name)));
        secrets.extend(header_values(&provider));
    }
    let agents = elements(&params, "customAgents").map(Members::lenient);
    for owner in agents.chain([params]) {
        for (_, server) in inner(&owner, "mcpServers").0 {
            let server = Members::lenient(server);
            secrets.extend(inner(&server, "env").0.iter().filter_map(|(_, value)| text(value)));
            secrets.extend(header_values(&server));
        }
    }
    secrets
}

/// The values of its headers. Of "Bearer abc", "abc" by itself is a secret, too.
fn header_values(owner: &Members<'_>) -> Vec<String> {
    let mut values = Vec::new();
    for value in inner(owner, "headers").0.iter().filter_map(|(_, value)| text(value)) {
        let credentials = value.split_once(' ').map(|(_scheme, credentials)| credentials.to_owned());
        values.extend([Some(value), credentials].into_iter().flatten());
    }
    values
}

fn text(value: &str) -> Option<String> {
    scan::string(value).map(String::from)
}

/// The elements of the array under this name; none where there is none.
fn elements<'a>(members: &Members<'a>, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    members.get(name).and_then(items).into_iter().flatten()
}

/// The members of the object under this name; none where there is none.
fn inner<'a>(members: &Members<'a>, name: &str) -> Members<'a> {
    members.get(name).map_or(Members(Vec::new()), Members::lenient)
}

#[cfg(test)]
mod tests {
    use super::super::session_config::SessionConfig;

    #[test]
    fn every_place_is_looked_at() {
        let config = SessionConfig::parse(
            r#"{"model":"m","gitHubToken":"1","model_capabilities":{"apiKey":"no"},
            "provider":{"baseUrl":"http://no","apiKey":"2","bearerToken":"3","headers":{"A":"4","B":"Bearer 5"}},
            "providers":[{"name":"no","baseUrl":"http://no","api_key":"6"},{"name":"no","baseUrl":"http://no","bearerToken":"7","headers":{"C":"8"}}],
            "mcpServers":{"a":{"command":"no","env":{"X":"9"}},"b":{"url":"no","headers":{"Y":"10"}}},
            "customAgents":[{"name":"no","prompt":"no","mcpServers":{"c":{"command":"no","env":{"Z":"11"}}}}],
            "tools":[{"name":"no","parameters":{"type":"object","properties":{"apiKey":{"type":"string"}}}}]}"#,
        );
        let mut secrets = config.unwrap().secrets();
        secrets.sort_by_key(|secret| (secret.len(), secret.clone()));
        assert_eq!(secrets, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "Bearer 5"]);
    }

    #[test]
    fn a_configuration_without_any_has_none() {
        let none = |json| SessionConfig::parse(json).unwrap().secrets().is_empty();
        assert!(none("{}"));
        assert!(none(
            r#"{"mcpServers":{"a":{"command":"x","args":["y"]}},"customAgents":[],"providers":[]}"#
        ));
    }
}
