//! The server's requests and notifications.

use super::*;

/// The text of an error answer.
fn error(id: &str, code: i64, message: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":"{message}"}}}}"#)
}

#[tokio::test]
async fn a_request_is_answered_with_its_own_id() {
    let (mut client, mut server) = connect();
    for id in ["0", "-7", "9223372036854775807", "\"a\\u0062\\n\"", "\"\""] {
        server.send(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m","params":{{"p":1}}}}"#)).await;
        let (request, method, params) = client.request().await;
        assert_eq!((method.as_str(), params.as_str()), ("m", r#"{"p":1}"#));
        assert_eq!(request.id().to_string(), id);
        assert!(!request.is_cancelled());
        assert!(request.reply(r#"{"r":2}"#));
        server.expect(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"r":2}}}}"#)).await;
    }
}

#[tokio::test]
async fn a_request_is_answered_with_an_error_and_its_data() {
    let (mut client, mut server) = connect();
    for _ in 0..2 {
        server.send(r#"{"jsonrpc":"2.0","id":5,"method":"m"}"#).await;
    }
    assert!(client.request().await.0.fail(-32601, "unknown \"method\"", None));
    server.expect(&error("5", -32601, r#"unknown \"method\""#)).await;
    assert!(client.request().await.0.fail(1, "m", Some(r#"{"k":"\udc00"}"#)));
    server.expect(r#"{"jsonrpc":"2.0","id":5,"error":{"code":1,"message":"m","data":{"k":"\ufffd"}}}"#).await;
}

#[tokio::test]
async fn requests_are_answered_in_any_order_and_from_any_thread() {
    let (mut client, mut server) = connect();
    for id in 0..3 {
        server.send(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#)).await;
    }
    let mut requests = Vec::new();
    for _ in 0..3 {
        requests.push(client.request().await.0);
    }
    std::thread::spawn(move || {
        for request in requests.into_iter().rev() {
            assert!(request.reply("null"));
        }
    })
    .join()
    .unwrap();
    for id in [2, 1, 0] {
        server.expect(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":null}}"#)).await;
    }
}

#[tokio::test]
async fn a_dropped_request_is_answered_all_the_same() {
    let (mut client, mut server) = connect();
    server.send(r#"{"jsonrpc":"2.0","id":0,"method":"m"}"#).await;
    drop(client.request().await);
    server.expect(&error("0", -32603, "the handler gave no answer")).await;
}

#[tokio::test]
async fn an_answer_that_the_server_could_not_read_becomes_an_error() {
    let (mut client, mut server) = connect();
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let too_deep = "nested deeper than the server reads (127 levels)";
    for _ in 0..5 {
        server.send(r#"{"jsonrpc":"2.0","id":5,"method":"m"}"#).await;
    }
    assert!(client.request().await.0.reply(&deep(126)));
    server.expect(&format!(r#"{{"jsonrpc":"2.0","id":5,"result":{}}}"#, deep(126))).await;
    assert!(client.request().await.0.reply(&deep(127)));
    server.expect(&error("5", -32603, &format!("the result is {too_deep}"))).await;
    assert!(client.request().await.0.fail(1, "m", Some(&deep(126))));
    server.expect(&error("5", -32603, &format!("the error's data is {too_deep}"))).await;
    assert!(client.request().await.0.reply("{} {}"));
    server.expect(&error("5", -32603, "the result is not JSON at byte 2")).await;
    assert!(client.request().await.0.reply(r#""\ud800""#));
    server.expect(r#"{"jsonrpc":"2.0","id":5,"result":"\ufffd"}"#).await;
}

#[tokio::test]
async fn a_cancellation_right_behind_its_request_is_not_lost() {
    let (mut client, mut server) = connect();
    for id in ["3", "\"x\""] {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &[&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"slow.m"}}"#)]);
        let params = format!(r#"{{"id":{id}}}"#);
        let cancel = format!(r#"{{"jsonrpc":"2.0","method":"$/cancelRequest","params":{params}}}"#);
        write_frame(&mut bytes, &[&cancel]);
        write_frame(&mut bytes, &[&cancel]); // once is enough
        server.raw(&bytes).await;
        let (request, ..) = client.request().await;
        match client.event().await {
            Event::Cancelled(cancelled) => assert_eq!(cancelled.to_string(), id),
            other => panic!("expected the cancellation, got {}", other.name()),
        }
        server.expect(&error(id, -32800, "the request was cancelled")).await;
        assert!(request.is_cancelled());
        assert!(!request.reply("1"), "the answer has been given");
        server.settle(&mut client).await;
    }
}

#[tokio::test]
async fn a_cancelled_request_does_not_answer_for_a_later_one_of_the_same_id() {
    let (mut client, mut server) = connect();
    let ask = r#"{"jsonrpc":"2.0","id":1,"method":"slow.m"}"#;
    server.send(ask).await;
    server.send(r#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#).await;
    let (old, ..) = client.request().await;
    assert!(matches!(client.event().await, Event::Cancelled(_)));
    server.next().await;
    server.send(ask).await;
    let (new, ..) = client.request().await;
    assert!(old.is_cancelled() && !new.is_cancelled());
    drop(old);
    assert!(new.reply("2"));
    server.expect(r#"{"jsonrpc":"2.0","id":1,"result":2}"#).await;
}

#[tokio::test]
async fn what_cannot_be_cancelled_is_not() {
    let (mut client, mut server) = connect();
    let cancel = r#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#;
    server.send(cancel).await; // nothing has this id yet
    server.send(r#"{"jsonrpc":"2.0","id":1,"method":"quick"}"#).await;
    server.send(cancel).await;
    let (quick, ..) = client.request().await;
    server.settle(&mut client).await;
    assert!(!quick.is_cancelled());
    assert!(quick.reply("1"));
    server.next().await;
    server.send(r#"{"jsonrpc":"2.0","id":1,"method":"slow.m"}"#).await;
    assert!(client.request().await.0.reply("1"));
    server.next().await;
    server.send(cancel).await; // it has had its answer
    for params in ["null", "[]", "{}", r#"{"id":null}"#, r#"{"id":1.5}"#] {
        server.send(&format!(r#"{{"jsonrpc":"2.0","method":"$/cancelRequest","params":{params}}}"#)).await;
    }
    server.settle(&mut client).await;
}

#[tokio::test]
async fn a_second_pending_request_of_the_same_cancellable_id_is_fatal() {
    let (mut client, mut server) = connect();
    for _ in 0..2 {
        server.send(r#"{"jsonrpc":"2.0","id":1,"method":"slow.m"}"#).await;
    }
    let _first = client.request().await;
    let reason = client.closed().await;
    assert_eq!(reason.code(), Code::Protocol);
    assert!(reason.message().contains("second request with the id 1"), "{reason}");
}

#[tokio::test]
async fn the_id_of_an_answered_request_can_be_used_again() {
    let (mut client, mut server) = connect();
    for _ in 0..3 {
        server.send(r#"{"jsonrpc":"2.0","id":1,"method":"slow.m"}"#).await;
        assert!(client.request().await.0.reply("1"));
        server.expect(r#"{"jsonrpc":"2.0","id":1,"result":1}"#).await;
    }
}

#[tokio::test]
async fn cancelling_and_answering_at_once_gives_exactly_one_answer() {
    let (mut client, mut server) = connect();
    for round in 0..200 {
        server.send(&format!(r#"{{"jsonrpc":"2.0","id":{round},"method":"slow.m"}}"#)).await;
        let (request, ..) = client.request().await;
        let answering = std::thread::spawn(move || request.reply("1"));
        server
            .send(&format!(r#"{{"jsonrpc":"2.0","method":"$/cancelRequest","params":{{"id":{round}}}}}"#))
            .await;
        let answer = server.next().await.unwrap();
        let replied = answering.join().unwrap();
        assert_eq!(answer.contains("result"), replied, "{answer}");
        if !replied {
            assert!(matches!(client.event().await, Event::Cancelled(_)));
        }
        server.settle(&mut client).await;
    }
}

#[tokio::test]
async fn notifications_come_in_order_and_unknown_dollar_ones_not_at_all() {
    let (mut client, mut server) = connect();
    for number in 0..100 {
        server.send(&format!(r#"{{"jsonrpc":"2.0","method":"n","params":{{"n":{number}}}}}"#)).await;
        server.send(r#"{"jsonrpc":"2.0","method":"$/progress","params":{}}"#).await;
    }
    for number in 0..100 {
        assert_eq!(client.notification().await, ("n".to_string(), format!("{{\"n\":{number}}}")));
    }
    // A request wants an answer even there.
    server.send(r#"{"jsonrpc":"2.0","id":1,"method":"$/setTrace"}"#).await;
    assert_eq!(client.request().await.1, "$/setTrace");
    server.expect(&error("1", -32603, "the handler gave no answer")).await;
}

#[tokio::test]
async fn without_room_nothing_is_read() {
    let (mut client, mut server) = connect_with(1000, DEFAULT_FRAME_LIMIT);
    client.handler.full.store(true, Ordering::SeqCst);
    let body = format!(r#"{{"jsonrpc":"2.0","method":"n","params":{{"x":"{}"}}}}"#, "x".repeat(900));
    server.send(&body).await;
    client.notification().await;
    // The first frame has found no room behind it: this one fills the pipe, and the next does not fit.
    server.send(&body).await;
    let mut bytes = Vec::new();
    write_frame(&mut bytes, &[&body]);
    let blocked = timeout(Duration::from_millis(50), server.output.write_all(&bytes)).await;
    assert!(blocked.is_err() && client.has_no_event());
    client.handler.full.store(false, Ordering::SeqCst);
    client.handler.room.notify_one();
    client.notification().await;
}

#[tokio::test]
async fn closing_ends_a_wait_for_room() {
    let (mut client, mut server) = connect();
    client.handler.full.store(true, Ordering::SeqCst);
    server.send(r#"{"jsonrpc":"2.0","method":"n"}"#).await;
    client.notification().await;
    client.peer.close(Error::new(Code::Closed, "enough"));
    assert_eq!(client.closed().await.message(), "enough");
}

#[tokio::test]
async fn a_batch_ends_where_what_was_read_ends_and_before_a_wait_for_room() {
    let (mut client, mut server) = connect();
    let mut bytes = Vec::new();
    for number in 0..5 {
        write_frame(&mut bytes, &[&format!(r#"{{"jsonrpc":"2.0","method":"n{number}","params":{{}}}}"#)]);
    }
    let (first, rest) = bytes.split_at(bytes.len() / 5 * 3 + 10);
    server.raw(first).await;
    assert_eq!(client.notification().await.0, "n0");
    assert_eq!(client.handler.batches.lock().0, [3]);
    server.raw(rest).await;
    for number in 1..5 {
        assert_eq!(client.notification().await.0, format!("n{number}"));
    }
    assert_eq!(client.handler.batches.lock().0, [3, 2]);
    client.handler.full.store(true, Ordering::SeqCst);
    server.raw(&bytes).await;
    client.notification().await;
    assert_eq!(client.handler.batches.lock().0, [3, 2, 1]);
    client.handler.full.store(false, Ordering::SeqCst);
    client.handler.room.notify_one();
    for _ in 0..4 {
        client.notification().await;
    }
    assert_eq!(client.handler.batches.lock().0, [3, 2, 1, 4]);
    // What came before the end of the stream is made known as well.
    server.raw(&[&bytes[..], b"garbage\n"].concat()).await;
    client.closed_after(5).await;
    assert_eq!(client.handler.batches.lock().0, [3, 2, 1, 4, 5]);
}

#[tokio::test]
async fn what_the_handler_knows_is_not_read_and_what_it_remembers_stays() {
    let (mut client, mut server) = connect();
    let other = r#"{"jsonrpc":"2.0","method":"n","params":{}}"#;
    let mut bytes = Vec::new();
    [KNOWN, other, KNOWN, KNOWN].iter().for_each(|body| write_frame(&mut bytes, &[body]));
    write_frame(&mut bytes, &[other]);
    for round in 1..=2 {
        server.raw(&bytes).await;
        client.notification().await;
        client.notification().await;
        assert_eq!(*client.handler.recalled.lock(), vec![3; round]);
    }
    server.send("{unknown").await;
    assert_eq!(client.closed().await.code(), Code::Protocol);
}

#[tokio::test]
async fn a_notification_larger_than_the_buffer_is_given_away_with_its_memory() {
    let (mut client, mut server) = connect();
    let long = "x".repeat(1_000_000);
    for body in [
        format!(r#"{{"jsonrpc":"2.0","method":"n","params":{{"x":"{long}"}}}}"#),
        format!(r#"{{"method":"\u006e","params":{{"x":"{long}"}},"jsonrpc":"2.0"}}"#),
    ] {
        server.send(&body).await;
        let (method, params) = client.notification().await;
        assert!(method == "n" && params == format!(r#"{{"x":"{long}"}}"#));
        let whole = client.handler.wholes.lock().pop().expect("it was given away");
        assert!(whole == body && whole.capacity() == body.len());
    }
    server.send(r#"{"jsonrpc":"2.0","method":"n","params":{"x":"\ud800"}}"#).await;
    assert_eq!(client.notification().await.1, r#"{"x":"\ufffd"}"#);
    server.send(r#"{"jsonrpc":"2.0","method":"n","params":{}}"#).await;
    client.notification().await;
    assert_eq!(client.handler.wholes.lock().len(), 1, "of these two only the one that had to be repaired");
}
