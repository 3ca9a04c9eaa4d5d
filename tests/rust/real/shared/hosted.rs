//! The hosted API, faked: who one is, what one may use, and the tokens for it.

use std::collections::HashSet;
use std::process::Command;

use copilot::client;
use parking_lot::Mutex;
use testbed::model::Record;

use super::*;

/// The first CLIs that speak to another host than the real one, that ask the program for tokens, and that remember.
const HOSTED: &str = "1.0.40";
const PROVIDERS: &str = "1.0.102";
const MEMORY: &str = "1.0.71";

/// A program whose CLI speaks to the hosted API of the bed.
fn hosted(bed: &Bed, more: Value) -> Party {
    let mut env = bed.fence.env();
    real::merge(&mut env, &bed.model.hosted_env());
    let mut options = json!({ "env": env });
    real::merge(&mut options, &more);
    bed.party(options)
}

/// A session whose model is the hosted API's.
fn options(bed: &Bed) -> Value {
    json!({ "model": "fake", "workingDirectory": bed.fence.workdir() })
}

/// How the hosted API's model requests were authorized.
fn tokens(bed: &Bed) -> Vec<String> {
    let header = |record: &Record| record.headers["authorization"].as_str().unwrap().to_owned();
    bed.model.records("hosted").iter().map(header).collect()
}

/// A call of the client's that takes nothing.
fn told<F: Future<Output = Result<Json>> + Send + 'static>(
    party: &Party,
    call: impl Fn(Arc<client::Core>) -> F,
) -> Result<Value> {
    let work = call(Arc::clone(party.client.core()));
    let json = block_on(&party.client, party.client.queue().queue(), work)?;
    Ok(serde_json::from_str(json.text()).unwrap())
}

#[test]
fn the_account_its_models_and_its_quota_are_told() {
    on_each(HOSTED, |bed| {
        bed.model.account("token-of-mona", "mona");
        let party = hosted(bed, json!({ "githubToken": "token-of-mona" }));
        let status = told(&party, client::Core::auth_status).unwrap();
        assert_eq!((&status["isAuthenticated"], &status["authType"]), (&json!(true), &json!("token")));
        let models = told(&party, client::Core::list_models).unwrap();
        let models = models["models"].as_array().unwrap();
        let model = models.iter().find(|model| model["id"] == "fake").expect("the model of the account");
        assert_eq!(model["billing"]["multiplier"], 2);
        assert_eq!(model["capabilities"]["supports"]["vision"], true);
        assert_eq!(model["capabilities"]["limits"]["max_context_window_tokens"], 128000);
        assert_eq!(model["policy"]["state"], "enabled");
        let quota = party.call("account.getQuota", json!({})).unwrap();
        let premium = &quota["quotaSnapshots"]["premium_interactions"];
        assert_eq!((&premium["entitlementRequests"], &premium["usedRequests"]), (&json!(300), &json!(150)));
        assert_eq!(premium["remainingPercentage"], 50);
        stop(&party.client).unwrap();
    });
}

#[test]
fn without_a_token_there_is_no_account() {
    on_each(HOSTED, |bed| {
        let party = hosted(bed, json!({}));
        assert_eq!(told(&party, client::Core::auth_status).unwrap()["isAuthenticated"], false);
        for error in [
            told(&party, client::Core::list_models).unwrap_err(),
            party.call("account.getQuota", json!({})).unwrap_err(),
        ] {
            assert_eq!(error.code(), Code::Rpc, "{error}");
            assert!(error.message().to_lowercase().contains("not authenticated"), "{error}");
        }
        stop(&party.client).unwrap();
    });
}

#[test]
fn a_session_has_the_clients_token_or_one_of_its_own() {
    on_each(HOSTED, |bed| {
        bed.model.account("token-of-mona", "mona");
        bed.model.account("token-of-hubot", "hubot");
        bed.model.script("hosted", &json!([{ "text": "one" }, { "text": "two" }]));
        let party = hosted(bed, json!({ "githubToken": "token-of-mona" }));
        let clients = Setup::new(options(bed)).create(&party.client).unwrap();
        assert_eq!(answer_of(&party.send(&clients, "Go")), "one");
        let with_token = |token: &str| {
            let mut options = options(bed);
            options["gitHubToken"] = json!(token);
            Setup::new(options)
        };
        let own = with_token("token-of-hubot").create(&party.client).unwrap();
        assert_eq!(answer_of(&party.send(&own, "Go")), "two");
        assert_eq!(tokens(bed), ["Bearer token-of-mona", "Bearer token-of-hubot"]);
        let error = with_token("token-of-nobody").create(&party.client).err().expect("nobody has it");
        assert!(error.message().contains("401"), "{error}");
        assert!(!format!("{error:?}").contains("token-of-nobody"), "{error}");
        stop(&party.client).unwrap();
    });
}

#[test]
fn a_program_provides_the_token_of_a_session() {
    on_each(PROVIDERS, |bed| {
        bed.model.account("token-of-hubot", "hubot");
        bed.model.script("hosted", &json!([{ "text": "one" }, { "text": "two" }]));
        let party = hosted(bed, json!({}));
        // It asks while the session is made.
        party.client.queue().start_thread().unwrap();
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let notes = Arc::clone(&asked);
        let answering = |reply: Answer<'static>| {
            let notes = Arc::clone(&notes);
            Setup::new(options(bed)).method("gitHubToken.getToken", move |request| {
                notes.lock().push(serde_json::from_str(request.params().text()).unwrap());
                request.answer(reply.clone()).unwrap();
            })
        };
        let token = json!({ "kind": "token", "accessToken": "token-of-hubot", "expiresIn": 7200 });
        let session = answering(Answer::Respond(token.to_string().into())).create(&party.client).unwrap();
        let asked_first = asked.lock()[0].clone();
        assert_eq!(asked_first["reason"], "initial");
        assert_eq!(asked_first["host"], "https://github.com");
        assert_eq!(asked_first["sessionId"], session.core().id().to_str().unwrap());
        for answer in ["one", "two"] {
            assert_eq!(answer_of(&party.send(&session, "Go")), answer);
        }
        assert_eq!(tokens(bed), ["Bearer token-of-hubot"; 2]);
        // Each session has a registration of its own; a program that gives no token has no session.
        for (reply, hint) in [
            (Answer::Respond(json!({ "kind": "cancelled" }).to_string().into()), "cancelled"),
            (Answer::Fail("no token today".into()), "no token today"),
        ] {
            let error = answering(reply).create(&party.client).err().expect("there is no token");
            assert!(error.message().contains(hint), "{error}");
        }
        let registrations: HashSet<_> =
            asked.lock().iter().map(|asked| asked["registrationId"].to_string()).collect();
        assert_eq!(registrations.len(), 3);
        stop(&party.client).unwrap();
    });
}

#[test]
fn remembering_needs_a_permission() {
    on_each(MEMORY, |bed| {
        bed.model.account("token-of-mona", "mona");
        let memory = json!({ "subject": "tests", "fact": "make test runs them", "citations": "Makefile:1",
            "reason": "Whoever changes something here wants to know.", "category": "general",
            "scope": "repository" });
        let store = json!({ "tools": [["store_memory", memory]] });
        bed.model.script("hosted", &json!([store, { "text": "one" }, store, { "text": "two" }]));
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.current_dir(bed.fence.workdir()).args(arguments);
            assert!(git.status().unwrap().success());
        };
        git(&["init", "--quiet"]);
        git(&["remote", "add", "origin", "https://github.com/octo/repo.git"]);
        let party = hosted(bed, json!({ "githubToken": "token-of-mona" }));
        let mut options = options(bed);
        options["memory"] = json!({ "enabled": true });
        let session = with_kind(Setup::new(options), QuestionKind::Permission).create(&party.client).unwrap();
        let stored = || bed.model.records("hosted.api").iter().any(|record| record.body["fact"].is_string());
        for (approves, answer) in [(false, "one"), (true, "two")] {
            let turn = party.send(&session, "Go");
            let request = party.take_request();
            assert_eq!(request.params().string("/permissionRequest/kind").as_deref(), Some("memory"));
            let fact = request.params().string("/permissionRequest/fact");
            assert_eq!(fact.as_deref(), Some("make test runs them"));
            match approves {
                true => request.approve(),
                false => respond(&request, json!({ "kind": "reject", "feedback": "not that" })).unwrap(),
            }
            assert_eq!(answer_of(&turn), answer);
            assert_eq!(stored(), approves);
        }
        stop(&party.client).unwrap();
    });
}
