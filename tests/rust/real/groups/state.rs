//! What a session knows of itself: its name, mode, plan, metadata, workspace, use of the model, agents, skills, servers.

use super::*;

#[test]
fn a_name_is_set_and_read() {
    on_each("1.0.40", |bed| {
        let session = bed.session("name", json!([]));
        bed.call(&session, "session.name.set", json!({ "name": "heron" }));
        assert_eq!(bed.call(&session, "session.name.get", json!({}))["name"], "heron");
    });
}

#[test]
fn a_mode_is_set_and_read() {
    on_each("0", |bed| {
        let session = bed.session("mode", json!([]));
        // A bare text from newer CLIs, an object from the first.
        let mode = || {
            let told = bed.call(&session, "session.mode.get", json!({}));
            told.as_str().or(told["mode"].as_str()).unwrap().to_owned()
        };
        assert_eq!(mode(), "interactive");
        bed.call(&session, "session.mode.set", json!({ "mode": "plan" }));
        assert_eq!(mode(), "plan");
    });
}

#[test]
fn a_plan_is_written_read_and_deleted() {
    on_each("0", |bed| {
        let session = bed.session("plan", json!([]));
        let read = || bed.call(&session, "session.plan.read", json!({}));
        bed.call(&session, "session.plan.update", json!({ "content": "# Plan" }));
        assert_eq!(read()["content"], "# Plan");
        bed.call(&session, "session.plan.delete", json!({}));
        assert_eq!(read()["exists"], false);
    });
}

#[test]
fn metadata_tell_what_a_session_is_and_whether_it_works() {
    on_each(NEW, |bed| {
        let session = bed.session("metadata", json!([{ "hang": true }]));
        let of = |what: &str| bed.call(&session, &format!("session.metadata.{what}"), json!({}));
        assert_eq!(of("snapshot")["sessionId"], session.core().id().to_str().unwrap());
        assert_eq!(of("isProcessing")["processing"], false);
        bed.post(&session, "Go");
        bed.model.wait_requests("metadata", 1, PATIENCE).unwrap();
        assert_eq!(of("isProcessing")["processing"], true);
        assert_eq!(of("activity")["abortable"], true);
        on_session(&bed.client, &session, Arc::clone(session.core()).abort()).unwrap();
        if bed.cli.is_at_least(NEWER) {
            let limits = json!({ "promptTokenLimit": 1000, "outputTokenLimit": 100 });
            let context = bed.call(&session, "session.metadata.contextInfo", limits)["contextInfo"].clone();
            assert_eq!((&context["modelName"], &context["promptTokenLimit"]), (&json!("fake"), &json!(1000)));
            assert!(context["totalTokens"].as_u64() > Some(0), "{context}");
            bed.call(&session, "session.metadata.updateClientMetadata", json!({ "set": { "a": "b" } }));
            assert_eq!(of("getClientMetadata"), json!({ "a": "b" }));
        }
    });
}

#[test]
fn a_workspace_has_files_and_tells_where_it_is() {
    on_each("1.0.40", |bed| {
        let session = bed.session("workspace", json!([]));
        let call = |what: &str, params| bed.call(&session, &format!("session.workspaces.{what}"), params);
        let workspace = call("getWorkspace", json!({}));
        assert_eq!(workspace["workspace"]["cwd"], json!(bed.fence.workdir()), "{workspace}");
        call("createFile", json!({ "path": "notes/a.md", "content": "milk" }));
        assert_eq!(call("listFiles", json!({}))["files"], json!(["notes/a.md"]));
        assert_eq!(call("readFile", json!({ "path": "notes/a.md" }))["content"], "milk");
        let file = std::path::Path::new(session.core().workspace_path().unwrap().to_str().unwrap())
            .join("files/notes/a.md");
        assert_eq!(std::fs::read_to_string(file).unwrap(), "milk");
    });
}

#[test]
fn the_use_of_the_model_is_counted() {
    on_each("1.0.40", |bed| {
        let usage = json!({ "prompt_tokens": 111, "completion_tokens": 22, "total_tokens": 133 });
        let session = bed.session("usage", json!([{ "text": "one", "usage": usage }]));
        bed.ask(&session, "Go");
        let metrics = bed.call(&session, "session.usage.getMetrics", json!({}));
        let used = &metrics["modelMetrics"]["fake"]["usage"];
        assert_eq!((&used["inputTokens"], &used["outputTokens"]), (&json!(111), &json!(22)), "{metrics}");
    });
}

#[test]
fn an_agent_is_listed_selected_and_speaks_with_its_prompt() {
    on_each("0", |bed| {
        let owl = json!([{ "name": "owl", "displayName": "Owl", "description": "Hoots", "prompt": "You are an owl." }]);
        let setup = bed.setup("agent", json!([{ "text": "hoo" }]), json!({ "customAgents": owl }));
        let session = setup.create(&bed.client).unwrap();
        let call = |what: &str, params| bed.call(&session, &format!("session.agent.{what}"), params);
        let listed = call("list", json!({}))["agents"].clone();
        assert!(listed.as_array().unwrap().iter().any(|agent| agent["name"] == "owl"), "{listed}");
        call("select", json!({ "name": "owl" }));
        assert_eq!(call("getCurrent", json!({}))["agent"]["name"], "owl");
        assert_eq!(bed.ask(&session, "Hoot"), "hoo");
        assert!(bed.told("agent").contains("You are an owl."));
        call("deselect", json!({}));
        assert_eq!(call("getCurrent", json!({}))["agent"], Value::Null);
    });
}

#[test]
fn skills_are_listed_disabled_enabled_and_reloaded() {
    on_each("1.0.40", |bed| {
        let folder = bed.fence.workdir_for("skills");
        let write = |name: &str| {
            std::fs::create_dir_all(folder.join(name)).unwrap();
            let text = format!("---\nname: {name}\ndescription: Makes {name}\n---\nDance.\n");
            std::fs::write(folder.join(name).join("SKILL.md"), text).unwrap();
        };
        write("rain");
        let session = bed
            .setup("skills", json!([]), json!({ "skillDirectories": [folder] }))
            .create(&bed.client)
            .unwrap();
        let call = |what: &str, params| bed.call(&session, &format!("session.skills.{what}"), params);
        let enabled = |name: &str| {
            let listed = call("list", json!({}))["skills"].clone();
            listed
                .as_array()
                .unwrap()
                .iter()
                .find(|skill| skill["name"] == name)
                .map(|s| s["enabled"].clone())
        };
        call("reload", json!({}));
        assert_eq!(enabled("rain"), Some(json!(true)));
        call("disable", json!({ "name": "rain" }));
        assert_eq!(enabled("rain"), Some(json!(false)));
        call("enable", json!({ "name": "rain" }));
        assert_eq!((enabled("rain"), enabled("snow")), (Some(json!(true)), None));
        write("snow");
        call("reload", json!({}));
        assert_eq!(enabled("snow"), Some(json!(true)));
    });
}

#[test]
fn mcp_servers_are_listed_disabled_and_enabled() {
    on_each("1.0.40", |bed| {
        let server = json!({ "m": { "type": "local", "command": testbed::program::path("mcp-server"), "args": [],
            "tools": ["*"] } });
        let setup = bed.setup("mcp", json!([{ "text": "one" }]), json!({ "mcpServers": server }));
        let session = setup.create(&bed.client).unwrap();
        bed.ask(&session, "Go");
        let status = || {
            let listed = bed.call(&session, "session.mcp.list", json!({}))["servers"].clone();
            let server = listed.as_array().unwrap().iter().find(|server| server["name"] == "m").cloned();
            server.unwrap()["status"].as_str().unwrap().to_owned()
        };
        bed.until("the server to connect", || status() == "connected");
        if bed.cli.is_at_least(NEW) {
            let tools = bed.call(&session, "session.mcp.listTools", json!({ "serverName": "m" }));
            let tools = tools["tools"].as_array().unwrap();
            assert!(tools.iter().any(|tool| tool["name"] == "echo"), "{tools:?}");
        }
        bed.call(&session, "session.mcp.disable", json!({ "serverName": "m" }));
        assert_eq!(status(), "disabled");
        bed.call(&session, "session.mcp.enable", json!({ "serverName": "m" }));
        bed.until("the server to connect again", || status() == "connected");
    });
}
