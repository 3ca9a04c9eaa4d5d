//! The program `scripted-model`, as a test in another language uses it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scripted-model"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Waits in a thread, so that a program that does not end fails the test instead of hanging it.
fn exit_code(mut child: Child) -> Option<i32> {
    let (sender, ended) = channel();
    std::thread::spawn(move || sender.send(child.wait().ok().and_then(|status| status.code())));
    ended.recv_timeout(LIMIT).expect("the program ends")
}

fn exchange(port: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "{request} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_serves_until_its_input_is_closed() {
    let file = std::env::temp_dir().join(format!("scripted-model-{}.json", std::process::id()));
    std::fs::write(&file, r#"[{"text": "from the file"}]"#).unwrap();
    let mut child = start(&["--script", &format!("f={}", file.display())]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    std::fs::remove_file(&file).unwrap();
    let port = line.strip_prefix("PORT ").unwrap_or_else(|| panic!("printed {line:?}")).trim().to_owned();
    assert!(exchange(&port, "POST /s/f/v1/chat/completions", "{}").contains("from the file"));
    assert!(exchange(&port, "PUT /_script/p", r#"[{"text": "put"}]"#).contains("/s/p/v1"));
    assert!(exchange(&port, "POST /s/p/v1/chat/completions", r#"{"k":1}"#).contains("put"));
    assert!(exchange(&port, "GET /_wait/p?n=1", "").ends_with(r#"[{"k":1}]"#));
    drop(child.stdin.take());
    assert_eq!(exit_code(child), Some(0));
    assert!(TcpStream::connect(format!("127.0.0.1:{port}")).is_err());
}

#[test]
fn a_script_that_cannot_be_read_is_said_at_once() {
    let mut child = start(&["--script", "f=/nowhere/f.json"]);
    let mut stderr = child.stderr.take().unwrap();
    assert_eq!(exit_code(child), Some(2));
    let mut text = String::new();
    stderr.read_to_string(&mut text).unwrap();
    assert!(text.contains("/nowhere/f.json"), "{text}");
}
