//! The secrets in a session's params: what the server is given to sign in to other places with.

use serde_json::{Map, Value};

/// The members of a provider that are secrets by themselves.
const PROVIDER_SECRETS: [&str; 2] = ["apiKey", "bearerToken"];

/// The secrets in params of `session.create` or `session.resume`, which are sound JSON.
pub(super) fn of_params(params: &str) -> Vec<String> {
    let params: Map<String, Value> = serde_json::from_str(params).unwrap_or_default();
    let mut secrets = Vec::new();
    secrets.extend(text(params.get("gitHubToken")));
    for provider in params.get("provider").into_iter().chain(items(params.get("providers"))) {
        secrets.extend(PROVIDER_SECRETS.iter().filter_map(|name| text(provider.get(name))));
        secrets.extend(header_values(provider));
    }
    let agents = items(params.get("customAgents")).map(|agent| agent.get("mcpServers"));
    for server in agents.chain([params.get("mcpServers")]).flat_map(values) {
        secrets.extend(values(server.get("env")).filter_map(|value| text(Some(value))));
        secrets.extend(header_values(server));
    }
    secrets
}

/// The values of its headers. Of "Bearer abc", "abc" by itself is a secret, too.
fn header_values(owner: &Value) -> impl Iterator<Item = String> {
    let headers = values(owner.get("headers")).filter_map(|value| text(Some(value)));
    headers.flat_map(|value| {
        let credentials = value.split_once(' ').map(|(_scheme, credentials)| credentials.to_owned());
        [Some(value), credentials].into_iter().flatten()
    })
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::to_owned)
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn values(object: Option<&Value>) -> impl Iterator<Item = &Value> {
    object.and_then(Value::as_object).into_iter().flat_map(Map::values)
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
