//! How a connection ends.

use std::task::Poll;

use super::*;

/// Ends the connection by what the server sends; returns the reason that a pending call got.
async fn reason_after(bytes: &[u8], frame_limit: usize) -> Error {
    let (mut client, mut server) = connect_with(64 * 1024, frame_limit);
    let call = client.peer.call("m", "{}");
    server.next().await;
    server.raw(bytes).await;
    drop(server.output);
    let reason = within(call).await.unwrap_err();
    assert_eq!(client.closed().await.message(), reason.message());
    reason
}

fn frame(body: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, &[body]);
    bytes
}

#[tokio::test]
async fn the_end_of_the_stream_fails_pending_calls_once_the_owner_has_had_its_say() {
    let (mut client, mut server) = connect();
    let permit = Arc::new(Notify::new());
    *client.handler.epitaph.lock() = Some(permit.clone());
    let pending = client.peer.call("m", "{}");
    server.next().await;
    drop(server.output);
    let mut pending = Box::pin(pending);
    assert!(timeout(Duration::from_millis(50), &mut pending).await.is_err(), "the owner has not spoken yet");
    permit.notify_one();
    let reason = within(pending).await.unwrap_err();
    assert_eq!(
        (reason.code(), reason.message()),
        (Code::Transport, "epitaph: the server closed the connection")
    );
    assert_eq!(client.closed().await.message(), reason.message());
    assert_eq!(within(client.peer.closed()).await.message(), reason.message());
    assert!(client.peer.is_closed());
    // What comes after the close fails with its reason, at once.
    assert_eq!(within(client.peer.call("m", "{}")).await.unwrap_err().message(), reason.message());
    assert_eq!(client.peer.notify("m", "{}").unwrap_err().message(), reason.message());
    assert!(client.has_no_event());
}

#[tokio::test]
async fn an_end_inside_a_frame_says_how_much_was_missing() {
    let reason = reason_after(b"Content-Length: 100\r\n\r\n{\"json", DEFAULT_FRAME_LIMIT).await;
    assert_eq!(reason.code(), Code::Transport);
    assert!(reason.message().contains("in the middle of a frame (got 6 of 100 bytes)"), "{reason}");
}

#[tokio::test]
async fn what_is_no_frame_or_no_message_ends_the_connection() {
    for (bytes, expected) in [
        (b"Hello world\n".to_vec(), "Hello world"),
        (b"Content-Length: x\r\n\r\n".to_vec(), "impossible length"),
        (b"Content-Length: 1001\r\n\r\n".to_vec(), "announced a frame of 1001 bytes"),
        (frame("[{\"jsonrpc\":\"2.0\",\"method\":\"m\"}]"), "a batch"),
        (frame("not JSON"), "not JSON"),
        (frame("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"result\":1}"), "neither an integer nor a string"),
    ] {
        let reason = reason_after(&bytes, 1000).await;
        assert_eq!(reason.code(), Code::Protocol, "{reason}");
        assert!(reason.message().starts_with("epitaph: ") && reason.message().contains(expected), "{reason}");
    }
}

#[tokio::test]
async fn closing_here_fails_pending_calls_at_once_and_needs_no_epitaph() {
    let (mut client, mut server) = connect();
    let call = client.peer.call("m", "{}");
    server.next().await;
    server.send(r#"{"jsonrpc":"2.0","id":1,"method":"m"}"#).await;
    let (request, ..) = client.request().await;
    client.peer.close(Error::new(Code::Closed, "first"));
    client.peer.close(Error::new(Code::Closed, "second"));
    assert!(client.peer.is_closed());
    let mut call = std::pin::pin!(call);
    let answer = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    assert!(matches!(answer, Poll::Ready(Err(reason)) if reason.message() == "first"));
    assert!(!request.reply("1"), "nobody is there to be answered");
    assert_eq!(client.closed().await.message(), "first");
    assert_eq!(server.next().await, None);
    assert!(within(server.output.write_all(b"x")).await.is_err(), "our end is gone");
}

#[tokio::test]
async fn nothing_is_handled_after_a_close_on_the_reader_task() {
    let (mut client, mut server) = connect();
    let peer = client.peer.clone();
    let call = client.peer.call_then("m", "{}", move |_| peer.close(Error::new(Code::Closed, "enough")));
    let answer = frame(r#"{"jsonrpc":"2.0","id":1,"result":1}"#);
    server.raw(&[answer, frame(r#"{"jsonrpc":"2.0","method":"n"}"#)].concat()).await;
    assert_eq!(within(call).await.unwrap(), "1");
    assert_eq!(client.closed().await.message(), "enough");
}

#[tokio::test]
async fn closing_here_interrupts_an_epitaph() {
    let (mut client, server) = connect();
    *client.handler.epitaph.lock() = Some(Arc::new(Notify::new()));
    drop(server.output);
    tokio::task::yield_now().await;
    client.peer.close(Error::new(Code::Closed, "impatient"));
    assert_eq!(client.closed().await.message(), "impatient");
}

#[tokio::test]
async fn closing_the_writer_sends_what_is_queued_and_reads_on() {
    let (mut client, mut server) = connect_with(10, DEFAULT_FRAME_LIMIT);
    let call = client.peer.call("m", "{}");
    client.peer.notify("last", "{}").unwrap();
    client.peer.close_writer();
    let refused = within(client.peer.call("late", "{}")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Closed);
    assert!(refused.message().starts_with("late: "), "{refused}");
    assert_eq!(client.peer.notify("late", "{}").unwrap_err().code(), Code::Closed);
    assert!(server.next().await.unwrap().contains("\"id\":1"));
    assert!(server.next().await.unwrap().contains("last"));
    assert_eq!(server.next().await, None);
    server.send(r#"{"jsonrpc":"2.0","method":"n"}"#).await;
    server.send(r#"{"jsonrpc":"2.0","id":1,"result":1}"#).await;
    assert_eq!(client.notification().await.0, "n");
    assert_eq!(within(call).await.unwrap(), "1");
    assert!(!client.peer.is_closed());
}

#[tokio::test]
async fn after_a_failed_write_everything_that_the_server_had_sent_is_still_read() {
    let (mut client, mut server) = connect();
    let first = client.peer.call("m", "{}");
    server.next().await;
    drop(server.input);
    let second = client.peer.call("m", "{}"); // fails to be written
    within(async {
        while client.peer.0.outbox.failure().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let third = client.peer.call("m", "{}");
    let failed = client.peer.notify("n", "{}").unwrap_err();
    assert!(failed.message().contains("writing to the server failed"), "{failed}");
    assert_eq!(client.peer.queued_bytes(), 0);
    for number in 0..100 {
        server
            .output
            .write_all(&frame(&format!(r#"{{"jsonrpc":"2.0","method":"n{number}"}}"#)))
            .await
            .unwrap();
    }
    server.output.write_all(&frame(r#"{"jsonrpc":"2.0","id":1,"result":1}"#)).await.unwrap();
    drop(server.output);
    for number in 0..100 {
        assert_eq!(client.notification().await.0, format!("n{number}"));
    }
    assert_eq!(within(first).await.unwrap(), "1");
    for call in [second, third] {
        let reason = within(call).await.unwrap_err();
        assert_eq!(reason.code(), Code::Transport);
        assert!(reason.message().starts_with("epitaph: writing to the server failed"), "{reason}");
    }
    client.closed().await;
}

#[tokio::test]
async fn a_server_that_neither_reads_nor_speaks_is_given_up() {
    let (mut client, server) = connect();
    drop(server.input);
    let call = client.peer.call("m", "{}");
    let reason = within(call).await.unwrap_err();
    assert!(reason.message().contains("writing to the server failed"), "{reason}");
    client.closed().await;
    drop(server.output);
}

#[tokio::test]
async fn a_handler_that_panics_closes_the_connection_and_leaves_nothing_waiting() {
    for body in [r#"{"jsonrpc":"2.0","id":1,"method":"panic"}"#, r#"{"jsonrpc":"2.0","method":"panic"}"#] {
        let (mut client, mut server) = connect();
        let call = client.peer.call("m", "{}");
        server.send(body).await;
        assert_eq!(within(call).await.unwrap_err().code(), Code::Internal);
        assert_eq!(client.closed().await.code(), Code::Internal);
    }
}

#[test]
fn the_end_of_the_runtime_leaves_nothing_waiting() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut client, server) = runtime.block_on(async { connect() });
    let call = client.peer.call("m", "{}");
    drop(runtime); // without the tasks having run at all
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    other.block_on(async {
        assert_eq!(within(call).await.unwrap_err().code(), Code::Closed);
        assert_eq!(client.closed().await.code(), Code::Closed);
    });
    drop(server);
}
