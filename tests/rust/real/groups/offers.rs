//! What the program has to offer: skills that it serves itself, and the way in which extensions are started.

use copilot::Callback;
use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind;
use copilot::request::Request;

use super::*;

fn respond(request: &Request, json: Value) {
    request.answer(Answer::Respond(json.to_string().into())).unwrap();
}

#[test]
fn a_skill_of_the_programs_is_listed_and_read_when_it_is_needed() {
    on_each(NEWER, |bed| {
        let log = Log::default();
        let logs = Arc::clone(&log);
        // The runtime of this version reads none without a head.
        let markdown = "---\nname: rain\ndescription: Makes rain\n---\nDance three times around the well.\n";
        let steps = json!([{ "tools": [["skill", { "skill": "rain" }]] }, { "text": "It rains" }]);
        let session = bed
            .setup("provider", steps, json!({}))
            .method("skillProvider.*", move |request| {
                let method = request.method().to_str().unwrap();
                let name = request.params().string("/name").unwrap_or_default().into_owned();
                logs.lock().push(format!("{method} {name}"));
                match method {
                    "skillProvider.list" => {
                        let skills = json!([{ "name": "rain", "description": "Makes rain" }]);
                        respond(request, json!({ "skills": skills }));
                    }
                    _ => respond(request, json!({ "markdown": markdown })),
                }
            })
            .answer(Kind::Permission, Request::approve)
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session, "Rain!"), "It rains");
        assert_eq!(*log.lock(), ["skillProvider.list ", "skillProvider.read rain"]);
        assert!(bed.told("provider").contains("Dance three times around the well."));
        let listed = bed.call(&session, "session.skills.list", json!({}))["skills"].clone();
        let is_ours = |skill: &Value| skill["name"] == "rain" && skill["source"] == "sdk";
        assert!(listed.as_array().unwrap().iter().any(is_ours), "{listed}");
    });
}

#[test]
fn an_extension_is_started_as_the_program_says() {
    on_each(NEWER, |bed| {
        let folder = bed.fence.workdir();
        let extension = folder.join(".github/extensions/hello");
        std::fs::create_dir_all(&extension).unwrap();
        std::fs::write(extension.join("extension.mjs"), "// started by nobody but the program\n").unwrap();
        let git =
            std::process::Command::new("git").args(["init", "-q"]).current_dir(&folder).status().unwrap();
        assert!(git.success());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let asks = Arc::clone(&asked);
        let mark = folder.join("started");
        let touch = mark.clone();
        let run = move |request: &Request| {
            asks.lock().push(parsed(request.params().text()));
            respond(request, json!({ "launch": { "executable": "touch", "args": [touch], "env": {} } }));
        };
        bed.client.core().on_request("extensionLaunchProvider.resolve", Some(Callback::new(Box::new(run))));
        let options =
            json!({ "enableConfigDiscovery": true, "requestExtensions": true, "extensionSdkPath": folder });
        let session = bed.setup("extension", json!([]), options).create(&bed.client).unwrap();
        bed.until("the extension to be started", || mark.exists());
        let asked = asked.lock()[0].clone();
        let module = extension.join("extension.mjs");
        assert_eq!(
            asked,
            json!({ "id": "project:hello", "name": "hello", "modulePath": module, "source": "project" })
        );
        let status = || {
            let listed = bed.call(&session, "session.extensions.list", json!({}))["extensions"].clone();
            assert_eq!(listed[0]["id"], "project:hello", "{listed}");
            listed[0]["status"].clone()
        };
        assert_ne!(status(), "disabled");
        bed.call(&session, "session.extensions.disable", json!({ "id": "project:hello" }));
        assert_eq!(status(), "disabled");
        std::fs::remove_file(&mark).unwrap();
        bed.call(&session, "session.extensions.enable", json!({ "id": "project:hello" }));
        bed.until("the extension to be started again", || mark.exists());
    });
}
