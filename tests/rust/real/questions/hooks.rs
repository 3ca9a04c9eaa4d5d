//! Every hook, with what it may change.

use std::collections::BTreeSet;

use copilot::protocol::question::Kind;
use parking_lot::Mutex;

use super::*;

/// A server with one tool that says what it was given, for the CLI's MCP client.
const MCP_SERVER: &str = r#"
import json, sys
for line in sys.stdin:
    call = json.loads(line)
    method, result = call.get("method"), {}
    if method == "initialize":
        version = call["params"]["protocolVersion"]
        result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "m", "version": "1"}}
    elif method == "tools/list":
        result = {"tools": [{"name": "say", "description": "Says it", "inputSchema": {"type": "object"},
                             "annotations": {"readOnlyHint": True}}]}
    elif method == "tools/call":
        result = {"content": [{"type": "text", "text": "meta " + json.dumps(call["params"].get("_meta", {}))}]}
    if "id" in call:
        print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}), flush=True)
"#;

/// The hooks that were asked, and a function that answers them so.
fn hooks(answer: impl Fn(&str, &Request) -> Value + Send + Sync + 'static) -> (Seen, impl Fn(&Request)) {
    let seen = Seen::default();
    let sees = Arc::clone(&seen);
    (seen, move |request: &Request| {
        let hook = request.params().string("/hookType").unwrap().into_owned();
        let output = answer(&hook, request);
        sees.lock().insert(hook);
        respond(request, output);
    })
}

type Seen = Arc<Mutex<BTreeSet<String>>>;

fn fails(request: &Request) {
    request.answer(Answer::Respond(r#"{"textResultForLlm":"no","resultType":"failure"}"#.into())).unwrap();
}

#[test]
fn all_of_them_are_asked_and_heard() {
    on_each(NEW, |bed| {
        let server = bed.fence.workdir().join("server.py");
        std::fs::write(&server, MCP_SERVER).unwrap();
        let bash = json!({ "command": "echo original", "description": "d" });
        let task = json!({ "agent_type": "helper", "description": "d", "prompt": "Help", "name": "h", "mode": "sync" });
        let mut options = bed.options(
            "hooks",
            json!([
                { "tools": [["bash", bash]] },
                { "tools": [["m-say", {}]] },
                { "tools": [["fails", {}]] },
                { "tools": [["task", task]] },
                { "text": "helped" },
                { "text": "done" },
                { "status": 400, "body": "{}" },
            ]),
        );
        options["mcpServers"] = json!({ "m": { "command": "python3", "args": [server], "tools": ["*"] } });
        options["customAgents"] = json!([{ "name": "helper", "prompt": "You help.", "tools": [] }]);
        let (seen, answer) = hooks(|hook, request| match hook {
            "preToolUse" if request.params().string("/input/toolName").as_deref() == Some("bash") => {
                assert_eq!(
                    request.params().string("/input/toolArgs/command").as_deref(),
                    Some("echo original")
                );
                json!({ "permissionDecision": "allow",
                        "modifiedArgs": { "command": "echo changed", "description": "d" } })
            }
            "preToolUse" => json!({ "permissionDecision": "allow" }),
            "preMcpToolCall" => json!({ "metaToUse": { "mark": "by-a-hook" } }),
            "postToolUse" if request.params().string("/input/toolName").as_deref() == Some("bash") => {
                json!({ "additionalContext": "after-bash" })
            }
            "postToolUseFailure" => json!({ "additionalContext": "after-failure" }),
            "userPromptSubmitted" => json!({ "additionalContext": "with-the-prompt" }),
            "sessionStart" => json!({ "additionalContext": "at-the-start" }),
            "subagentStart" => json!({ "additionalContext": "for-the-helper" }),
            _ => json!(null),
        });
        let session = Setup::new(options)
            .tool(json!({ "name": "fails", "skipPermission": true }), fails)
            .answer(Kind::Hook, answer)
            .answer(Kind::Permission, Request::approve)
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session), "done");
        let _ = ask(&bed.client, &session, "And fail");
        on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        let told: String = bed.model.requests("hooks").iter().map(Value::to_string).collect();
        for heard in
            ["changed", "by-a-hook", "after-bash", "after-failure", "with-the-prompt", "at-the-start"]
        {
            assert!(told.contains(heard), "{heard}");
        }
        assert!(told.contains("for-the-helper"));
        let names = "agentStop errorOccurred postToolUse postToolUseFailure preMcpToolCall preToolUse sessionStart \
            subagentStart subagentStop userPromptSubmitted userPromptTransformed";
        let seen: Vec<_> = seen.lock().iter().filter(|hook| *hook != "sessionEnd").cloned().collect();
        assert_eq!(seen.join(" "), names);
    });
}

#[test]
fn a_prompt_is_changed_and_a_tool_refused_on_every_server() {
    on_each("0", |bed| {
        let (seen, answer) = hooks(|hook, request| match hook {
            "preToolUse" => {
                // An object on every server, be it a text on the wire.
                assert_eq!(request.params().get_i64("/input/toolArgs/n"), Some(1));
                json!({ "permissionDecision": "deny", "permissionDecisionReason": "policy!" })
            }
            "userPromptSubmitted" => json!({ "modifiedPrompt": "Something else" }),
            _ => json!(null),
        });
        let steps = json!([{ "tools": [["t", { "n": 1 }]] }, { "text": "done" }]);
        let session = bed
            .setup("deny", steps)
            .tool(json!({ "name": "t", "parameters": { "type": "object" } }), |_| panic!("it was refused"))
            .answer(Kind::Hook, answer)
            .answer(Kind::Permission, Request::approve)
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session), "done");
        let told = bed.told("deny");
        assert!(told.contains("Something else") && told.contains("policy!"), "{told}");
        assert!(seen.lock().contains("sessionStart"));
    });
}
