//! What the program's handlers add to the params: the server asks only whom it was told of.

use std::borrow::Cow;

use super::{Offered, SESSION, SessionConfig};
use crate::error::Result;
use crate::protocol::keys::Place;
use crate::protocol::members::{Members, ObjectText, array_text, items, quoted, text_of, type_name};

/// What the program provides to a session, besides the kinds of requests that it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// Skills.
    pub skills: bool,
    /// Bearer tokens for the providers that have no other credentials.
    pub bearer_tokens: bool,
    /// GitHub tokens, under this registration.
    pub github_tokens: Option<String>,
    /// The client hears the server's telemetry; a session must want that, too.
    pub telemetry: bool,
}

/// What makes a provider need no token from the program.
const CREDENTIALS: [&str; 4] = ["apiKey", "apiKeyCommand", "bearerToken", "hasBearerTokenProvider"];
const TELEMETRY: &str = "enableGitHubTelemetryForwarding";
const REGISTRATION: &str = "gitHubTokenProviderRegistrationId";

impl SessionConfig {
    /// The configuration with what the program provides in the params, or `None` where that changes nothing. What the
    /// configuration says itself stays. Fails where the two contradict each other.
    pub fn offering(&self, offers: &Offers) -> Result<Option<SessionConfig>> {
        let place = Place::root(SESSION.what);
        if offers.github_tokens.is_some() && self.sends("gitHubToken") {
            let problem = "is given beside a handler for gitHubToken.getToken; give one of the two";
            return Err(place.at("gitHubToken").refuse(problem));
        }
        if offers.skills && self.is_in_the_cloud() {
            let problem = "makes a session in the cloud, which takes no skills from a skillProvider handler";
            return Err(place.at("cloud").refuse(problem));
        }
        let offered = self.added(offers);
        if offered.is_empty() && !offers.bearer_tokens && !self.sends("systemMessage") {
            return Ok(None);
        }
        let mut offering = SessionConfig { offered: Some(Box::new(offered)), ..self.clone() };
        if offers.bearer_tokens {
            offering.said.change("provider", asking_for_token);
            offering.said.change("providers", all_asking_for_token);
        }
        offering.said.change("systemMessage", with_transforms);
        Ok(Some(offering))
    }

    fn added(&self, offers: &Offers) -> Offered {
        let mut added = Offered::new();
        if offers.telemetry && !self.sends(TELEMETRY) {
            added.push((TELEMETRY, String::from("true")));
        }
        if offers.skills && !self.sends("hasSkillProvider") {
            added.push(("hasSkillProvider", String::from("true")));
        }
        if let Some(id) = offers.github_tokens.as_deref().filter(|_| !self.sends(REGISTRATION)) {
            added.push((REGISTRATION, quoted(id)));
        }
        added
    }

    /// True where the session is to run elsewhere, which takes no skills of the program's.
    pub fn is_in_the_cloud(&self) -> bool {
        self.sends("cloud")
    }

    /// The registration of a provider of GitHub tokens that the configuration names itself.
    pub fn github_registration(&self) -> Option<String> {
        self.said.sent(REGISTRATION).and_then(text_of).map(Cow::into_owned)
    }

    /// True where settings of an organisation decide what the agent may do.
    pub fn is_managed(&self) -> bool {
        let is = |name, is: fn(&str) -> bool| {
            self.said.sent(name).is_some_and(is) || self.raw_param(name).is_some_and(is)
        };
        is("enableManagedSettings", |value| value == "true") || is("managedSettings", |value| value != "null")
    }

    fn sends(&self, name: &str) -> bool {
        self.said.sent(name).is_some() || self.raw_param(name).is_some()
    }
}

fn asking_for_token(provider: &str) -> String {
    let given = Members::lenient(provider);
    if type_name(provider) != "an object" || CREDENTIALS.iter().any(|name| given.get(name).is_some()) {
        return String::from(provider);
    }
    ObjectText::new().members_of(provider).flag("hasBearerTokenProvider", true).finish()
}

fn all_asking_for_token(providers: &str) -> String {
    let list = items(providers).unwrap_or_default();
    let list: Vec<_> = list.into_iter().map(asking_for_token).collect();
    array_text(list.iter().map(String::as_str))
}

/// Sections can be transformed in a customized message only.
fn with_transforms(system_message: &str) -> String {
    let given = Members::lenient(system_message);
    let sections = Members::lenient(given.get("sections").unwrap_or("{}"));
    let is_transform =
        |section: &str| Members::lenient(section).text("action").as_deref() == Some("transform");
    if !sections.0.iter().any(|(_, section)| is_transform(section)) {
        return String::from(system_message);
    }
    let mut object = ObjectText::new().text("mode", "customize");
    for (name, value) in given.0.iter().filter(|(name, _)| name != "mode") {
        object = object.raw(name, value);
    }
    object.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{DeclaredKinds, Target};
    use super::*;

    fn sent(options: Value, offers: &Offers) -> Value {
        let config = SessionConfig::parse(&options.to_string()).unwrap();
        let config = config.offering(offers).unwrap().unwrap_or(config);
        let created = config.encode(Target::Create("s"), &[], DeclaredKinds::default(), false);
        let resumed = config.encode(Target::Resume("s"), &[], DeclaredKinds::default(), false);
        assert_eq!(created, resumed);
        serde_json::from_str(&created).unwrap()
    }

    fn all() -> Offers {
        Offers { skills: true, bearer_tokens: true, github_tokens: Some("id".into()), telemetry: true }
    }

    #[test]
    fn what_is_provided_is_said() {
        let params = sent(json!({}), &all());
        assert_eq!(params["hasSkillProvider"], true);
        assert_eq!(params["gitHubTokenProviderRegistrationId"], "id");
        assert_eq!(params["enableGitHubTelemetryForwarding"], true);
        let nothing = sent(json!({}), &Offers::default());
        assert!(nothing.get("hasSkillProvider").is_none());
        assert!(nothing.get("gitHubTokenProviderRegistrationId").is_none());
        let own =
            sent(json!({ "gitHubTokenProviderRegistrationId": "mine", "hasSkillProvider": false }), &all());
        assert_eq!(own["gitHubTokenProviderRegistrationId"], "mine");
        assert_eq!(own["hasSkillProvider"], false);
        let raw = sent(json!({ "rawParams": { "new": 1 } }), &all());
        assert_eq!((&raw["new"], &raw["hasSkillProvider"]), (&json!(1), &json!(true)));
    }

    #[test]
    fn only_providers_without_credentials_ask_for_tokens() {
        let bare = json!({ "baseUrl": "http://h" });
        let named = |provider: &Value| {
            let mut named = provider.clone();
            named["name"] = json!("n");
            named
        };
        for (name, value) in
            [("apiKey", json!("k")), ("apiKeyCommand", json!(["c"])), ("bearerToken", json!("t"))]
        {
            let mut provider = bare.clone();
            provider[name] = value;
            let params = sent(
                json!({ "model": "m", "provider": provider, "providers": [named(&provider), named(&bare)] }),
                &all(),
            );
            assert!(params["provider"].get("hasBearerTokenProvider").is_none(), "{name}");
            assert!(params["providers"][0].get("hasBearerTokenProvider").is_none(), "{name}");
            assert_eq!(params["providers"][1]["hasBearerTokenProvider"], true);
        }
        let params = sent(json!({ "model": "m", "provider": bare }), &all());
        assert_eq!(params["provider"], json!({ "baseUrl": "http://h", "hasBearerTokenProvider": true }));
        let params = sent(json!({ "model": "m", "provider": bare }), &Offers::default());
        assert_eq!(params["provider"], bare);
    }

    #[test]
    fn a_transform_needs_a_customized_message() {
        let sections = json!({ "tone": { "action": "transform" } });
        let forced = json!({ "mode": "customize", "sections": sections });
        for given in [json!({ "sections": sections }), json!({ "mode": "append", "sections": sections })] {
            assert_eq!(sent(json!({ "systemMessage": given }), &Offers::default())["systemMessage"], forced);
        }
        let plain = json!({ "mode": "append", "content": "x" });
        assert_eq!(sent(json!({ "systemMessage": plain }), &all())["systemMessage"], plain);
    }

    #[test]
    fn contradictions_are_refused() {
        for (options, pointer) in
            [(json!({ "gitHubToken": "t" }), "/gitHubToken"), (json!({ "cloud": {} }), "/cloud")]
        {
            let config = SessionConfig::parse(&options.to_string()).unwrap();
            let error = config.offering(&all()).unwrap_err();
            assert!(error.message().contains(pointer), "{error}");
        }
    }

    #[test]
    fn managed_settings_are_seen_wherever_they_are_given() {
        let managed = |options: Value| SessionConfig::parse(&options.to_string()).unwrap().is_managed();
        assert!(managed(json!({ "enableManagedSettings": true })));
        assert!(managed(json!({ "managedSettings": {} })));
        assert!(managed(json!({ "enable_managed_settings": true })));
        assert!(!managed(json!({ "enableManagedSettings": false, "managedSettings": null })));
        assert!(!managed(json!({})));
    }
}
