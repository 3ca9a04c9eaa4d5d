//! What is written by the thread that sends it, over pipes of the system's and with the thread that reads. The tasks of
//! these tests run on the test's own thread, and only while it waits for something.

use std::io::{ErrorKind, Read};
use std::thread;

use super::super::super::random::Random;
use super::*;

/// What the server could read now.
fn written(spy: &mut PipeReader) -> String {
    let mut bytes = vec![0; 1 << 20];
    match spy.read(&mut bytes) {
        Ok(count) => String::from_utf8_lossy(&bytes[..count]).into_owned(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            String::new()
        }
    }
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("{what} did not come"));
}

#[tokio::test]
async fn a_frame_that_comes_alone_is_written_at_once_and_the_others_together() {
    let (mut client, mut server, mut spy) = connect_by_pipes_with_a_spy(65_536);
    let first = client.peer.call("first", "{}");
    assert!(written(&mut spy).ends_with(r#"{"jsonrpc":"2.0","id":1,"method":"first","params":{}}"#));
    assert_eq!(client.peer.queued_bytes(), 0);
    let others = [client.peer.call("second", "{}"), client.peer.call("third", "{}")];
    client.peer.notify("fourth", "{}").unwrap();
    assert!(client.peer.queued_bytes() > 0);
    assert_eq!(written(&mut spy), "");
    for method in ["second", "third", "fourth"] {
        assert!(server.next().await.unwrap().contains(method));
    }
    for id in [3, 1, 2] {
        server.send(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{id}}}"#)).await;
    }
    assert_eq!(within(first).await.unwrap(), "1");
    for (call, result) in others.into_iter().zip(["2", "3"]) {
        assert_eq!(within(call).await.unwrap(), result);
    }
    // The server has spoken, and nothing waits.
    server.send(r#"{"jsonrpc":"2.0","method":"n"}"#).await;
    client.notification().await;
    client.peer.notify("fifth", "{}").unwrap();
    assert!(written(&mut spy).contains("fifth"));
    client.peer.notify("sixth", "{}").unwrap();
    assert_eq!(written(&mut spy), "");
    assert!(server.next().await.unwrap().contains("sixth"));
}

#[tokio::test]
async fn what_the_pipe_does_not_take_is_left_to_the_task() {
    let (client, mut server) = connect_by_pipes(4096);
    let params = |size| format!("{{\"x\":\"{}\"}}", "x".repeat(size));
    let all = [params(50_000), params(150_000), params(100_000)];
    let calls = all.each_ref().map(|params| client.peer.call("m", params));
    let queued = client.peer.queued_bytes();
    assert!((300_000 - 4096..300_400 - 4096).contains(&queued), "{queued}");
    for (id, params) in (1..).zip(all) {
        server.expect(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m","params":{params}}}"#)).await;
    }
    until("the end of the queue", || client.peer.queued_bytes() == 0).await;
    let counted = client.peer.0.traffic.counted();
    assert_eq!(counted.frames_out, 3);
    assert!((300_000..301_000).contains(&counted.bytes_out), "{counted:?}");
    drop(calls);
}

#[tokio::test]
async fn threads_that_send_at_the_same_time_do_not_get_into_each_others_frames() {
    const THREADS: usize = 4;
    const FRAMES: usize = 300;
    let (client, mut server) = connect_by_pipes(4096);
    let senders: Vec<_> = (0..THREADS)
        .map(|sender| {
            let peer = client.peer.clone();
            thread::spawn(move || {
                let mut random = Random::of(sender as u64);
                for number in 0..FRAMES {
                    let longest = if random.below(50) == 0 { 20_000 } else { 100 };
                    let length = random.below(longest);
                    let text = "x".repeat(length);
                    let params = format!(r#"{{"sender":{sender},"number":{number},"x":"{text}"}}"#);
                    match random.below(2) {
                        0 => peer.notify("m", &params).unwrap(),
                        _ => drop(peer.call("m", &params)),
                    }
                }
            })
        })
        .collect();
    let mut next = [0; THREADS];
    for number in 0..THREADS * FRAMES {
        let body = server.next().await.unwrap();
        let read = |pointer| crate::json::scan::find(&body, pointer).unwrap().parse::<usize>().unwrap();
        let sender = read("/params/sender");
        assert_eq!(read("/params/number"), next[sender]);
        next[sender] += 1;
        if number % 3 == 0 {
            // Whoever sends next may write at once.
            server.send(r#"{"jsonrpc":"2.0","method":"n","params":{}}"#).await;
        }
    }
    assert_eq!(next, [FRAMES; THREADS]);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
}

#[tokio::test]
async fn a_write_at_once_that_fails_is_reported_like_any_other() {
    let (mut client, mut server) = connect_by_pipes(65_536);
    let first = client.peer.call("m", "{}");
    server.next().await;
    drop(server.input);
    server.output.write_all(b"Content-Length: 38\r\n\r\n").await.unwrap();
    server.output.write_all(br#"{"jsonrpc":"2.0","id":1,"result":true}"#).await.unwrap();
    assert_eq!(within(first).await.unwrap(), "true");
    let second = client.peer.call("m", "{}");
    assert!(client.peer.0.outbox.failure().is_some(), "it is known at once");
    let failed = client.peer.notify("n", "{}").unwrap_err();
    assert!(failed.message().contains("writing to the server failed: Broken pipe"), "{failed}");
    let reason = within(second).await.unwrap_err();
    assert!(reason.message().starts_with("epitaph: writing to the server failed"), "{reason}");
    assert_eq!(client.closed().await.message(), reason.message());
}

#[tokio::test]
async fn the_end_of_the_sending_is_the_servers_end_of_input() {
    for queued in [false, true] {
        let (client, mut server) = connect_by_pipes(4096);
        let text = "x".repeat(if queued { 100_000 } else { 10 });
        client.peer.notify("m", &format!("{{\"x\":\"{text}\"}}")).unwrap();
        client.peer.close_writer();
        assert_eq!(client.peer.notify("late", "{}").unwrap_err().code(), Code::Closed);
        assert!(server.next().await.unwrap().contains(&text));
        assert_eq!(server.next().await, None);
        assert!(!client.peer.is_closed());
    }
    let (mut client, mut server) = connect_by_pipes(4096);
    client.peer.notify("m", "{}").unwrap();
    client.peer.close(Error::new(Code::Closed, "enough"));
    assert_eq!(client.closed().await.message(), "enough");
    server.next().await.unwrap();
    assert_eq!(server.next().await, None);
}

#[tokio::test]
async fn the_thread_reads_however_much_comes_and_waits_for_room() {
    let (mut client, mut server) = connect_by_pipes(4096);
    for length in [10, 5000, 300_000, 20, 4096] {
        let body = format!(r#"{{"jsonrpc":"2.0","method":"n","params":{{"x":"{}"}}}}"#, "x".repeat(length));
        server.send(&body).await;
        assert_eq!(client.notification().await.1.len(), length + 8);
    }
    // Only then does it not ask any more whether there is room behind the last of them.
    until("the end of the batch", || client.handler.batches.lock().0.iter().sum::<usize>() == 5).await;
    client.handler.full.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        server.send(r#"{"jsonrpc":"2.0","method":"n","params":{}}"#).await;
    }
    client.notification().await;
    assert!(timeout(Duration::from_millis(50), client.events.recv()).await.is_err());
    client.handler.full.store(false, Ordering::SeqCst);
    client.handler.room.notify_one();
    client.notification().await;
    drop(server.output);
    assert_eq!(client.closed().await.message(), "epitaph: the server closed the connection");
}
