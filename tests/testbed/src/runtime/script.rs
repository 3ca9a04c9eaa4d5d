//! The script: what it may hold, its defaults, and a check that finds misspelt words before anything runs.

use serde_json::{Map, Value};

/// Every action. An action is an object with one of these keys; the key's value is its argument.
const ACTIONS: &[&str] = &[
    "await",
    "await_abort",
    "big_event",
    "builtin",
    "burst",
    "cancel",
    "close_connection",
    "close_stdout",
    "deep",
    "duplicate_reply",
    "error",
    "event",
    "event_question",
    "events_before_reply",
    "exit",
    "garbage",
    "hang",
    "huge_length",
    "idle",
    "ignore_eof",
    "ignore_sigterm",
    "kill",
    "lone_surrogate",
    "not_json",
    "null_id_error",
    "permission",
    "raw",
    "raw64",
    "reply",
    "reply_error",
    "reply_with_string_id",
    "request",
    "sleep_ms",
    "spawn_grandchild",
    "split",
    "stderr",
    "stdout",
    "stop_reading",
    "text",
    "tool",
    "truncated",
    "unknown_notification",
];

/// Every key of a script.
const KEYS: &[&str] = &[
    "announce",
    "connect",
    "drain",
    "listen",
    "logEnv",
    "on",
    "once",
    "pingTimestamp",
    "protocol",
    "runs",
    "sessions",
    "start",
    "turns",
    "version",
];

/// A checked script.
#[derive(Clone)]
pub struct Script {
    root: Map<String, Value>,
    /// `protocolVersion` as reported; null when the script asks for a server that does not say it.
    pub protocol: Value,
    /// The CLI version as reported.
    pub version: String,
    /// Whether `connect` exists, and with it `session.detach` and `runtime.shutdown`.
    pub connect: bool,
    /// Whether `ping` tells the time as an ISO string rather than a number.
    pub iso_timestamp: bool,
}

impl Script {
    /// Reads a script for the `run`-th process (from 0) that uses the same log.
    ///
    /// # Errors
    /// A text that names what is wrong with the script.
    pub fn parse(text: &str, run: usize) -> Result<Script, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        let Value::Object(mut root) = value else { return Err("a script is a JSON object".into()) };
        if let Some(Value::Array(runs)) = root.get("runs") {
            match runs.get(run).or(runs.last()) {
                Some(Value::Object(this_run)) => root = this_run.clone(),
                _ => return Err("\"runs\" is a list of scripts".into()),
            }
        }
        if let Some(unknown) = root.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(format!("unknown key \"{unknown}\"; there are {}", KEYS.join(", ")));
        }
        let protocol = root.get("protocol").cloned().unwrap_or(Value::from(3));
        let is_2 = protocol == 2;
        let connect = root.get("connect").and_then(Value::as_bool).unwrap_or(!is_2);
        let default_version = match (is_2, connect) {
            (true, _) => "0.0.420",
            (false, false) => "1.0.2",
            (false, true) => "1.0.102",
        };
        let version = root.get("version").and_then(Value::as_str).unwrap_or(default_version).to_owned();
        let iso_timestamp = match root.get("pingTimestamp").and_then(Value::as_str) {
            Some("iso") => true,
            Some("number") => false,
            Some(other) => return Err(format!("pingTimestamp is \"number\" or \"iso\", not \"{other}\"")),
            None => connect,
        };
        let script = Script { root, protocol, version, connect, iso_timestamp };
        script.check_actions()?;
        Ok(script)
    }

    /// Whether requests to the client are made in the way of protocol 2.
    pub fn is_protocol_2(&self) -> bool {
        self.protocol == 2
    }

    /// What to play before anything is read.
    pub fn start(&self) -> Vec<Value> {
        self.root.get("start").map(as_list).unwrap_or_default()
    }

    /// What to play before a server on TCP listens.
    pub fn listen(&self) -> Vec<Value> {
        self.root.get("listen").map(as_list).unwrap_or_default()
    }

    /// What a server on TCP prints when it listens, `{port}` standing for the port; nothing for `false`.
    pub fn announcement(&self) -> Option<String> {
        match self.root.get("announce") {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Bool(false)) => None,
            _ => Some("CLI server listening on port {port}".into()),
        }
    }

    /// What the `n`-th prompt of a session plays, or nothing when the script has no such turn.
    pub fn turn(&self, n: usize) -> Option<Vec<Value>> {
        self.root.get("turns")?.get(n).map(as_list)
    }

    /// What the first call of this method plays instead of the built-in behaviour.
    pub fn once(&self, method: &str) -> Option<Vec<Value>> {
        self.root.get("once")?.get(method).map(as_list)
    }

    /// What every call of this method plays instead of the built-in behaviour.
    pub fn on(&self, method: &str) -> Option<Vec<Value>> {
        self.root.get("on")?.get(method).map(as_list)
    }

    /// Ids of sessions that are "on disk" from the start and can be resumed.
    pub fn sessions(&self) -> Vec<String> {
        self.strings("sessions")
    }

    /// Names of further environment variables to log.
    pub fn log_env(&self) -> Vec<String> {
        self.strings("logEnv")
    }

    /// In the image that goes on without stdout: whether it ignores the end of stdin.
    pub fn drain(&self) -> Option<bool> {
        self.root.get("drain")?["ignoreEof"].as_bool()
    }

    /// Whether this action stands anywhere in the script.
    pub fn mentions(&self, action: &str) -> bool {
        self.lists().iter().flatten().any(|one| one.get(action).is_some())
    }

    fn strings(&self, key: &str) -> Vec<String> {
        let list = self.root.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Every list of actions in the script.
    fn lists(&self) -> Vec<Vec<Value>> {
        let turns = self.root.get("turns").and_then(Value::as_array).into_iter().flatten();
        let hooks = ["on", "once"].into_iter().filter_map(|key| self.root.get(key)?.as_object());
        let mut lists: Vec<_> = turns.map(as_list).collect();
        lists.extend(hooks.flat_map(|hooks| hooks.values().map(as_list)));
        lists.push(self.start());
        lists.push(self.listen());
        lists
    }

    fn check_actions(&self) -> Result<(), String> {
        for action in self.lists().iter().flatten() {
            verb(action)?;
        }
        Ok(())
    }
}

/// A list of actions, where a single action stands for a list of one.
fn as_list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// The word that says what an action does.
///
/// # Errors
/// When the action is no object, or none of its keys or more than one says what to do.
pub fn verb(action: &Value) -> Result<&'static str, String> {
    let object = action.as_object().ok_or(format!("an action is an object, not {action}"))?;
    // In {"exit":…,"stderr":…} the text belongs to the exit.
    let found: Vec<_> = ACTIONS
        .iter()
        .filter(|name| object.contains_key(**name) && !(**name == "stderr" && object.contains_key("exit")))
        .collect();
    match found[..] {
        [name] => Ok(name),
        [] => Err(format!("no known action in {action}; there are {}", ACTIONS.join(", "))),
        _ => Err(format!("more than one action in {action}; put each into an object of its own")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(script: &str) -> String {
        Script::parse(script, 0).err().expect("the script must be refused")
    }

    #[test]
    fn an_empty_script_is_a_healthy_protocol_3_runtime() {
        let script = Script::parse("{}", 0).unwrap();
        assert_eq!(script.protocol, 3);
        assert_eq!(script.version, "1.0.102");
        assert!(script.connect && script.iso_timestamp && !script.is_protocol_2());
    }

    #[test]
    fn protocol_2_brings_the_defaults_of_its_time() {
        let script = Script::parse(r#"{"protocol":2}"#, 0).unwrap();
        assert_eq!(script.version, "0.0.420");
        assert!(!script.connect && !script.iso_timestamp && script.is_protocol_2());
    }

    #[test]
    fn misspelt_words_are_named() {
        assert!(error_of(r#"{"turn":[]}"#).contains("\"turn\""));
        assert!(error_of(r#"{"turns":[[{"txt":"x"}]]}"#).contains("txt"));
        assert!(error_of(r#"{"on":{"ping":{"garbge":true}}}"#).contains("garbge"));
        assert!(error_of(r#"{"start":[{"text":"x","idle":{}}]}"#).contains("more than one"));
        assert!(error_of("[]").contains("object"));
    }

    #[test]
    fn each_run_has_its_script_and_the_last_repeats() {
        let text = r#"{"runs":[{"version":"a"},{"version":"b"}]}"#;
        let versions: Vec<_> = (0..3).map(|run| Script::parse(text, run).unwrap().version).collect();
        assert_eq!(versions, ["a", "b", "b"]);
    }
}
