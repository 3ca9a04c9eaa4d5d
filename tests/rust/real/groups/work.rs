//! Work that a program gives to a session beside the conversation: commands, a fleet, tasks, what waits in the queue.

use super::*;

#[test]
fn a_command_is_run_and_killed() {
    on_each("1.0.40", |bed| {
        let session = bed.session("shell", json!([]));
        let folder = bed.fence.workdir();
        let command = "echo $$ > pid.new; mv pid.new pid; sleep 60";
        let begun = json!({ "command": command, "cwd": folder });
        let process = bed.call(&session, "session.shell.exec", begun)["processId"].clone();
        bed.until("the command to begin", || folder.join("pid").exists());
        let pid = std::fs::read_to_string(folder.join("pid")).unwrap();
        let runs = || std::path::Path::new("/proc").join(pid.trim()).exists();
        assert!(runs());
        let killed = bed.call(&session, "session.shell.kill", json!({ "processId": process }));
        assert_eq!(killed["killed"], true);
        bed.until("the command to be gone", || !runs());
        let nobody = bed.call(&session, "session.shell.kill", json!({ "processId": "nobody" }));
        assert_eq!(nobody["killed"], false);
    });
}

#[test]
fn a_fleet_starts_with_its_prompt() {
    on_each("0", |bed| {
        let session = bed.session("fleet", json!([{ "text": "Fleet" }]));
        assert_eq!(bed.call(&session, "session.fleet.start", json!({ "prompt": "Sail" }))["started"], true);
        bed.model.wait_requests("fleet", 1, PATIENCE).unwrap();
        assert!(bed.told("fleet").contains("Sail"));
    });
}

#[test]
fn what_waits_in_the_queue_is_listed_changed_moved_and_removed() {
    on_each(NEW, |bed| {
        let session = bed.session("queue", json!([{ "hang": true }, { "text": "done" }]));
        let call = |what: &str, params| bed.call(&session, &format!("session.queue.{what}"), params);
        let waiting = || -> Vec<(Value, String)> {
            let listed = call("pendingItems", json!({}))["items"].clone();
            let item = |item: &Value| (item["id"].clone(), item["displayText"].as_str().unwrap().to_owned());
            listed.as_array().unwrap().iter().map(item).collect()
        };
        let texts = || waiting().into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        bed.post(&session, "First");
        bed.model.wait_requests("queue", 1, PATIENCE).unwrap();
        bed.post(&session, "B");
        bed.post(&session, "C");
        assert_eq!(texts(), ["B", "C"]);
        if bed.cli.is_at_least(NEWER) {
            let items = waiting();
            call("updateText", json!({ "id": items[0].0, "prompt": "B2" }));
            call("moveItem", json!({ "id": items[1].0, "toPosition": 0 }));
            assert_eq!(texts(), ["C", "B2"]);
            assert_eq!(call("removeAt", json!({ "id": items[1].0 }))["removed"], true);
            assert_eq!(texts(), ["B2"]);
        }
        call("clear", json!({}));
        assert_eq!(texts(), Vec::<String>::new());
        on_session(&bed.client, &session, Arc::clone(session.core()).abort()).unwrap();
    });
}

#[test]
fn a_task_is_started_and_tells_how_it_went() {
    on_each("1.0.40", |bed| {
        let session = bed.session("task", json!([{ "text": "sub says" }, { "text": "x" }, { "text": "x" }]));
        let task = json!({ "agentType": "task", "prompt": "Sub!", "name": "n", "description": "d" });
        let id = bed.call(&session, "session.tasks.startAgent", task)["agentId"].clone();
        let task = || {
            let listed = bed.call(&session, "session.tasks.list", json!({}))["tasks"].clone();
            listed.as_array().unwrap().iter().find(|task| task["id"] == id).cloned().unwrap()
        };
        bed.until("the task to end", || task()["status"] != "running");
        let task = task();
        assert_eq!((&task["type"], &task["description"]), (&json!("agent"), &json!("d")), "{task}");
        assert!(["idle", "completed"].contains(&task["status"].as_str().unwrap()), "{task}");
        assert!(bed.model.requests("task")[0]["messages"].to_string().contains("Sub!"));
    });
}

#[test]
fn a_task_is_cancelled() {
    on_each("1.0.40", |bed| {
        let session = bed.session("cancel", json!([{ "hang": true }]));
        let task = json!({ "agentType": "task", "prompt": "Sub!", "name": "n", "description": "d" });
        let id = bed.call(&session, "session.tasks.startAgent", task)["agentId"].clone();
        bed.model.wait_requests("cancel", 1, PATIENCE).unwrap();
        assert_eq!(bed.call(&session, "session.tasks.cancel", json!({ "id": id }))["cancelled"], true);
        bed.model.wait_client_left("cancel", 1, PATIENCE).unwrap();
        let nobody = bed.call(&session, "session.tasks.cancel", json!({ "id": "nobody" }));
        assert_eq!(nobody["cancelled"], false);
    });
}

#[test]
fn a_scheduled_prompt_is_listed_and_stopped() {
    on_each(NEWER, |bed| {
        let session = bed.session("schedule", json!([]));
        let call = |what: &str, params| bed.call(&session, &format!("session.schedule.{what}"), params);
        let prompts = || call("list", json!({}))["entries"].clone();
        call("add", json!({ "interval": "2h", "prompt": "Look again" }));
        let entries = prompts();
        assert_eq!(entries[0]["prompt"], "Look again", "{entries}");
        call("stop", json!({ "id": entries[0]["id"] }));
        assert_eq!(prompts(), json!([]));
    });
}

#[test]
fn a_suspended_session_remembers_when_it_goes_on() {
    on_each("1.0.40", |bed| {
        let session = bed.session("suspend", json!([{ "text": "one" }, { "text": "two" }]));
        bed.ask(&session, "Remember the heron");
        bed.call(&session, "session.suspend", json!({}));
        assert_eq!(bed.ask(&session, "And now?"), "two");
        assert!(bed.told("suspend").contains("Remember the heron"));
    });
}

#[test]
fn a_session_is_not_steered_from_afar_without_a_login() {
    on_each(NEW, |bed| {
        let session = bed.session("remote", json!([]));
        let error = bed.try_call(&session, "session.remote.enable", json!({ "mode": "on" })).unwrap_err();
        assert_eq!(error.code(), copilot::Code::Rpc, "{error}");
        assert!(error.message().contains("authenticat"), "{error}");
    });
}
