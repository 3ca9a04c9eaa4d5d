//! Credentials and prompts that the program provides when they are needed.

use std::sync::atomic::{AtomicUsize, Ordering};

use copilot::protocol::question::Kind;

use super::*;

#[test]
fn a_provider_gets_its_token_when_it_is_needed() {
    on_each(NEW, |bed| {
        let asked = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&asked);
        let mut options = bed.options("token", json!([{ "text": "one" }, { "text": "two" }]));
        options["provider"].as_object_mut().unwrap().remove("apiKey");
        let session = Setup::new(options)
            .method("providerToken.getToken", move |request| {
                assert_eq!(request.params().string("/providerName").as_deref(), Some("default"));
                let n = counts.fetch_add(1, Ordering::AcqRel);
                respond(request, json!(format!("token-{n}")));
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session), "one");
        assert_eq!(bed.ask(&session), "two");
        assert!(asked.load(Ordering::Acquire) >= 2);
        let sent = bed.model.records("token");
        assert!(
            sent.iter()
                .all(|record| record.headers["authorization"].as_str().unwrap().starts_with("Bearer token-"))
        );
    });
}

#[test]
fn a_section_of_the_system_message_is_rewritten() {
    on_each(NEW, |bed| {
        let mut options = bed.options("system", json!([{ "text": "done" }]));
        options["systemMessage"] = json!({ "sections": { "tone": { "action": "transform" } } });
        let session = Setup::new(options)
            .answer(Kind::SystemMessage, |request| {
                assert!(request.params().string("/sections/tone/content").is_some());
                respond(request, json!({ "sections": { "tone": { "content": "Speak like a heron." } } }));
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session), "done");
        assert!(bed.told("system").contains("Speak like a heron."));
    });
}
