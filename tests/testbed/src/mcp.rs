//! A small MCP server: JSON-RPC, a message a line, and a tool for each thing that a test wants to see.
//!
//! | tool | what it does |
//! |---|---|
//! | `echo {text}` | returns the text; it is marked as one that only reads |
//! | `store {text}` | returns the text; it is not |
//! | `env {name}` | returns a variable of the server's environment |
//! | `fail {message}` | returns the message as an error |
//! | `ask {message}` | asks the user for a colour by an elicitation, and returns the answer |

use serde_json::{Value, json};
use std::io::{self, BufRead, Write};

/// Serves until the input ends.
///
/// # Errors
/// When the output cannot be written.
pub fn serve(input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut server = Server { output, asking: None };
    for line in input.lines() {
        if let Ok(message) = serde_json::from_str(&line?) {
            server.handle(&message)?;
        }
    }
    Ok(())
}

struct Server<W> {
    output: W,
    /// The id of the tool call that waits for the user's answer.
    asking: Option<Value>,
}

impl<W: Write> Server<W> {
    fn send(&mut self, mut message: Value) -> io::Result<()> {
        message["jsonrpc"] = "2.0".into();
        writeln!(self.output, "{message}")?;
        self.output.flush()
    }

    fn handle(&mut self, message: &Value) -> io::Result<()> {
        let id = &message["id"];
        let result = match message["method"].as_str() {
            None => return self.take_answer(message),
            Some("initialize") => json!({
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "testbed", "version": "1"},
            }),
            Some("tools/list") => json!({"tools": tools()}),
            Some("tools/call") => match self.call(id, &message["params"])? {
                Some(result) => result,
                None => return Ok(()),
            },
            Some("ping") => json!({}),
            // Notifications, and what this server does not have.
            Some(_) if id.is_null() => return Ok(()),
            Some(method) => {
                let error = json!({"code": -32601, "message": format!("no method {method}")});
                return self.send(json!({"id": id, "error": error}));
            }
        };
        self.send(json!({"id": id, "result": result}))
    }

    /// The result of a tool, none when the user is asked first.
    fn call(&mut self, id: &Value, params: &Value) -> io::Result<Option<Value>> {
        let argument = |name: &str| params["arguments"][name].as_str().unwrap_or_default().to_owned();
        Ok(Some(match params["name"].as_str().unwrap_or_default() {
            "echo" | "store" => text(&argument("text"), false),
            "env" => text(&std::env::var(argument("name")).unwrap_or_else(|_| "not set".into()), false),
            "fail" => text(&argument("message"), true),
            "ask" => {
                self.asking = Some(id.clone());
                let schema = json!({
                    "type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"],
                });
                let params = json!({"message": argument("message"), "requestedSchema": schema});
                self.send(json!({"id": "ask", "method": "elicitation/create", "params": params}))?;
                return Ok(None);
            }
            name => text(&format!("no tool {name}"), true),
        }))
    }

    /// The user's answer ends the call that asked for it.
    fn take_answer(&mut self, message: &Value) -> io::Result<()> {
        let Some(call) = self.asking.take_if(|_| message["id"] == "ask") else { return Ok(()) };
        let answer = message.get("result").unwrap_or(&message["error"]);
        let said = format!("the user: {} {}", answer["action"], answer["content"]["colour"]);
        self.send(json!({"id": call, "result": text(&said, false)}))
    }
}

fn text(text: &str, is_error: bool) -> Value {
    json!({"content": [{"type": "text", "text": text}], "isError": is_error})
}

fn tools() -> Value {
    let tool = |name: &str, argument: &str, reads: bool| {
        json!({
            "name": name, "description": format!("{name} of the test bed"),
            "inputSchema": {
                "type": "object", "properties": {argument: {"type": "string"}}, "required": [argument],
            },
            "annotations": {"readOnlyHint": reads},
        })
    };
    json!([
        tool("echo", "text", true),
        tool("store", "text", false),
        tool("env", "name", true),
        tool("fail", "message", true),
        tool("ask", "message", true),
    ])
}

#[cfg(test)]
mod tests {
    use super::serve;
    use serde_json::{Value, json};

    fn answers(messages: &[Value]) -> Vec<Value> {
        let input: String = messages.iter().map(|message| format!("{message}\n")).collect();
        let mut output = Vec::new();
        serve(input.as_bytes(), &mut output).unwrap();
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn call(id: u64, tool: &str, argument: &str, value: &str) -> Value {
        let params = json!({"name": tool, "arguments": {argument: value}});
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
    }

    #[test]
    fn tools_are_listed_and_called() {
        let seen = answers(&[
            json!({"id": 1, "method": "initialize", "params": {"protocolVersion": "x"}}),
            json!({"method": "notifications/initialized"}),
            json!({"id": 2, "method": "tools/list"}),
            call(3, "echo", "text", "hi"),
            call(4, "fail", "message", "broken"),
            json!({"id": 5, "method": "prompts/list"}),
        ]);
        assert_eq!(seen.len(), 5, "{seen:?}");
        assert_eq!(seen[0]["result"]["protocolVersion"], "x");
        assert_eq!(seen[1]["result"]["tools"].as_array().map(Vec::len), Some(5));
        assert_eq!(seen[2]["result"]["content"][0]["text"], "hi");
        assert_eq!(seen[3]["result"]["isError"], true);
        assert_eq!(seen[4]["error"]["code"], -32601);
    }

    #[test]
    fn the_user_is_asked_in_between() {
        let answer = json!({"id": "ask", "result": {"action": "accept", "content": {"colour": "red"}}});
        let seen = answers(&[call(1, "ask", "message", "Which?"), answer]);
        assert_eq!(seen[0]["method"], "elicitation/create");
        assert_eq!(seen[1]["id"], 1);
        assert_eq!(seen[1]["result"]["content"][0]["text"], "the user: \"accept\" \"red\"");
    }
}
