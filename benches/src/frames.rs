//! Frames as the real CLI lays them out: the same members in the same order (frames/captured.jsonl has the originals).

use std::fmt::Write;
use std::ops::Range;

const TIMESTAMP: &str = "2026-11-21T20:02:26.147Z";
/// The event before, as JSON.
const PARENT: &str = r#""8b0c2819-526f-481f-9638-217307474bb5""#;
const INTERACTION: &str = "5340d0bb-4767-4160-9f6e-058a12450ba1";
/// Digits at the end of an id: the id is a UUID all the same.
const SERIAL_DIGITS: usize = 12;
/// Digits of `totalResponseSizeBytes`; it starts where it has all of them.
const SIZE_DIGITS: usize = 7;
/// Digits with which the text of a delta begins.
pub const INDEX_DIGITS: usize = 8;
/// Digits of nanoseconds with which the text of a paced delta begins.
pub const STAMP_DIGITS: usize = 20;

/// A body with its header in front.
pub fn framed(body: &str) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body.as_bytes());
    frame
}

/// The id of a message: one for each turn.
pub fn message_id(turn: u64) -> String {
    format!("270c4690-8771-40be-bdf2-{turn:012}")
}

/// The id of a tool call's request.
pub fn request_id(number: u64) -> String {
    format!("58606c64-38a0-4995-9311-{number:012}")
}

/// `length` bytes of text that JSON needs not escape.
pub fn filler(length: usize) -> impl Iterator<Item = u8> {
    b"the quick brown fox jumps over the lazy dog ".iter().copied().cycle().take(length)
}

/// A frame that is built once. For each event its serial number is written into the event's id, and its number into
/// the text or the size; nothing moves.
pub struct Patched {
    bytes: Vec<u8>,
    serial: Range<usize>,
    number: Range<usize>,
}

impl Patched {
    /// `assistant.message_delta` with `size` bytes of text that begins with the number in `digits` digits; without
    /// the number where it has no room.
    pub fn message_delta(session: &str, message: &str, size: usize, digits: usize) -> Patched {
        let digits = if size < digits { 0 } else { digits };
        let mut body = before_data(session, "assistant.message_delta");
        let _ = write!(body, r#"{{"messageId":"{message}","deltaContent":""#);
        let number = body.len()..body.len() + digits;
        body.extend(std::iter::repeat_n('0', digits));
        body.extend(filler(size - digits).map(char::from));
        body.push_str(r#""}"#);
        Patched::new(body, number)
    }

    /// `assistant.streaming_delta`: so many bytes have come.
    pub fn streaming_delta(session: &str) -> Patched {
        let mut body = before_data(session, "assistant.streaming_delta");
        body.push_str(r#"{"totalResponseSizeBytes":"#);
        let number = body.len()..body.len() + SIZE_DIGITS;
        body.extend(std::iter::repeat_n('0', SIZE_DIGITS));
        body.push('}');
        Patched::new(body, number)
    }

    /// Completes the body behind `data`.
    fn new(mut body: String, number: Range<usize>) -> Patched {
        body.push_str(r#","ephemeral":true,"id":""#);
        let serial = event_id(&mut body, 0);
        let _ = write!(body, r#"","timestamp":"{TIMESTAMP}","parentId":{PARENT}}}}}}}"#);
        let bytes = framed(&body);
        let header = bytes.len() - body.len();
        Patched {
            bytes,
            serial: serial.start + header..serial.end + header,
            number: number.start + header..number.end + header,
        }
    }

    /// The frame with both numbers in place.
    pub fn patch(&mut self, serial: u64, number: u64) -> &[u8] {
        digits(&mut self.bytes[self.serial.clone()], serial);
        digits(&mut self.bytes[self.number.clone()], number);
        &self.bytes
    }
}

/// What `totalResponseSizeBytes` shows when `sent` bytes are sent: always a number of the same length.
pub fn response_size(sent: u64) -> u64 {
    let first = 10u64.pow(SIZE_DIGITS as u32 - 1);
    first + sent % (9 * first)
}

/// Fills a place with the last digits of a number.
fn digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Where the serial number is.
fn event_id(body: &mut String, serial: u64) -> Range<usize> {
    body.push_str("3ccf6098-5b51-4faf-968f-");
    let at = body.len();
    let _ = write!(body, "{serial:0SERIAL_DIGITS$}");
    at..body.len()
}

fn before_data(session: &str, kind: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"session.event","params":{{"sessionId":"{session}","event":{{"type":"{kind}","data":"#
    )
}

/// The body of an event whose data is JSON; ephemeral ones are not kept in the history.
pub fn event(session: &str, kind: &str, data: &str, ephemeral: bool, serial: u64) -> String {
    before_data(session, kind) + &after_data(data, ephemeral, serial, PARENT) + "}}"
}

/// Data and what follows it, up to the event's own brace.
fn after_data(data: &str, ephemeral: bool, serial: u64, parent: &str) -> String {
    let mut text = String::from(data);
    if ephemeral {
        text.push_str(r#","ephemeral":true"#);
    }
    text.push_str(r#","id":""#);
    event_id(&mut text, serial);
    let _ = write!(text, r#"","timestamp":"{TIMESTAMP}","parentId":{parent}}}"#);
    text
}

/// An `assistant.message` in two parts: the content goes between them.
pub fn message_around(session: &str, message: &str, origin: &str, serial: u64) -> (String, String) {
    let mut before = before_data(session, "assistant.message");
    let _ = write!(
        before,
        r#"{{"messageId":"{message}","originatingMessageId":"{origin}","model":"fake","content":""#
    );
    let data = format!(
        r#"","toolRequests":[],"interactionId":"{INTERACTION}","turnId":"0","rte":false,"apiCallId":"chatcmpl-3"}}"#
    );
    (before, after_data(&data, false, serial, PARENT) + "}}")
}

/// The data of `session.idle`.
pub const IDLE: &str = r#"{"mode":"interactive"}"#;

/// The body of `session.start`: the one event before which there is none.
pub fn session_start(session: &str, serial: u64) -> String {
    let data = format!(
        r#"{{"sessionId":"{session}","version":1,"producer":"copilot-agent","copilotVersion":"1.0.102","startTime":"{TIMESTAMP}","selectedModel":"fake","contextTier":null,"context":{{"cwd":"/home/user/project"}},"remoteSteerable":false,"alreadyInUse":false}}"#
    );
    before_data(session, "session.start") + &after_data(&data, false, serial, "null") + "}}"
}

/// The data of `external_tool.requested`: add these two numbers.
pub fn tool_requested(session: &str, request: &str, number: u64) -> String {
    format!(
        r#"{{"requestId":"{request}","sessionId":"{session}","toolCallId":"call_{number}_0","toolName":"add","arguments":{{"a":{number},"b":2}},"workingDirectory":"/home/user/project"}}"#
    )
}

/// The data of `external_tool.completed`.
pub fn tool_completed(request: &str) -> String {
    format!(r#"{{"requestId":"{request}"}}"#)
}

/// An event of the history, with `size` bytes of text; events are members of an array there.
pub fn history_event(number: u64, size: usize) -> String {
    let text: String = filler(size).map(char::from).collect();
    let data = format!(
        r#"{{"messageId":"{}","originatingMessageId":"{}","model":"fake","content":"{text}","toolRequests":[],"interactionId":"{INTERACTION}","turnId":"0","rte":false,"apiCallId":"chatcmpl-3"}}"#,
        message_id(number),
        message_id(0),
    );
    format!(r#"{{"type":"assistant.message","data":{}"#, after_data(&data, false, number, PARENT))
}

/// The body of a response; `id` and `result` are JSON.
pub fn response(id: &str, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
}

/// The body of an error response.
pub fn failure(id: &str, code: i32, message: &str) -> String {
    let message = serde_json::Value::from(message);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}}}}}"#)
}

/// The results of the methods that always say the same.
pub fn constant_result(method: &str) -> Option<&'static str> {
    Some(match method {
        "connect" => r#"{"ok":true,"protocolVersion":3,"version":"1.0.102","taskKinds":["agent","shell"]}"#,
        "status.get" => r#"{"version":"1.0.102","protocolVersion":3}"#,
        "auth.getStatus" => r#"{"isAuthenticated":false,"statusMessage":"Not authenticated"}"#,
        "models.list" => {
            r#"{"models":[{"id":"fake","name":"fake","capabilities":{"supports":{"vision":false},"limits":{"max_context_window_tokens":128000}}}]}"#
        }
        "session.list" => r#"{"sessions":[]}"#,
        "session.abort" | "session.detach" | "session.destroy" | "session.delete" => r#"{"success":true}"#,
        "session.options.update" => r#"{"success":true,"pluginHookCount":0}"#,
        "session.eventLog.registerInterest" => r#"{"handle":"interest-1"}"#,
        "session.eventLog.releaseInterest" => r#"{"success":true}"#,
        "session.skills.reload" => r#"{"warnings":[],"errors":[]}"#,
        "session.getLastId" | "session.getForeground" | "session.tools.set" => "{}",
        "runtime.shutdown" => "null",
        _ => return None,
    })
}

/// The result of `ping`.
pub fn pong(message: Option<&str>) -> String {
    let message = serde_json::Value::from(message.map_or("pong".to_owned(), |text| format!("pong: {text}")));
    format!(r#"{{"message":{message},"timestamp":"2026-11-21T20:02:25.744076345Z","protocolVersion":3}}"#)
}

/// The result of `session.create` and `session.resume`.
pub fn created(session: &str) -> String {
    format!(
        r#"{{"sessionId":"{session}","nativeSessionId":"{session}","startTime":"{TIMESTAMP}","isRemote":false,"mode":"interactive","workspacePath":"/home/user/.copilot/session-state/{session}","capabilities":{{"ui":{{"elicitation":false,"mcpApps":false,"canvases":false}},"extensions":false}},"modelState":{{"modelId":"fake"}}}}"#
    )
}
