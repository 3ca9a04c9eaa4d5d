//! Our own calls and notifications.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncReadExt, AsyncWrite};

use super::*;

fn nested(levels: usize) -> String {
    format!("{{\"x\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
}

#[tokio::test]
async fn a_call_is_written_as_the_wire_wants_it_and_ids_count_from_one() {
    let (client, mut server) = connect();
    let first = client.peer.call("a.b", r#"{"x":1}"#);
    let second = client.peer.call("q\"uote", "{}");
    client.peer.notify("n", "{}").unwrap();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"a.b","params":{"x":1}}"#;
    let expected = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let mut bytes = vec![0; expected.len()];
    within(server.input.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    server.expect(r#"{"jsonrpc":"2.0","id":2,"method":"q\"uote","params":{}}"#).await;
    server.expect(r#"{"jsonrpc":"2.0","method":"n","params":{}}"#).await;
    server.send(r#"{"jsonrpc":"2.0","id":2,"result":[2, 3]}"#).await;
    server.send(r#"{"jsonrpc":"2.0","id":1}"#).await;
    assert_eq!(within(second).await.unwrap(), "[2, 3]");
    assert_eq!(within(first).await.unwrap(), "null");
}

#[tokio::test]
async fn a_refusal_becomes_an_rpc_error_with_its_code_and_data() {
    let (client, mut server) = connect();
    let call = client.peer.call("m", "{}");
    server.next().await;
    server
        .send(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-9007199254740993,"message":"n\u00f6","data":{"k":1}}}"#)
        .await;
    let error = within(call).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Rpc, "nö"));
    let rpc = error.rpc().unwrap();
    assert_eq!((rpc.code, rpc.data.as_deref()), (-9007199254740993, Some(r#"{"k":1}"#)));
}

#[tokio::test]
async fn a_malformed_refusal_fails_its_call_only() {
    let (client, mut server) = connect();
    let calls = [client.peer.call("m", "{}"), client.peer.call("m", "{}")];
    server.send(r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#).await;
    server.send(r#"{"jsonrpc":"2.0","id":2,"result":true}"#).await;
    let [first, second] = calls;
    assert_eq!(within(first).await.unwrap_err().code(), Code::Protocol);
    assert_eq!(within(second).await.unwrap(), "true");
    assert!(!client.peer.is_closed());
}

#[tokio::test]
async fn a_thousand_interleaved_calls_get_their_own_answers_in_any_order() {
    let (client, mut server) = connect_with(1000, DEFAULT_FRAME_LIMIT);
    let callers: Vec<_> = (0..4)
        .map(|caller| {
            let (peer, runtime) = (client.peer.clone(), tokio::runtime::Handle::current());
            tokio::task::spawn_blocking(move || {
                let params = (0..250).map(|call| format!("{{\"n\":{}}}", 250 * caller + call));
                let calls: Vec<_> = params.map(|params| (peer.call("echo", &params), params)).collect();
                runtime.block_on(async {
                    for (call, params) in calls {
                        assert_eq!(within(call).await.unwrap(), params);
                    }
                });
            })
        })
        .collect();
    let mut asked = Vec::new();
    for _ in 0..1000 {
        asked.push(server.next().await.unwrap());
    }
    // 7 and 1000 have no common factor, so this visits each once.
    for at in 0..1000 {
        let body = &asked[at * 7 % 1000];
        let id = crate::json::scan::find(body, "/id").unwrap();
        let params = crate::json::scan::find(body, "/params").unwrap();
        server.send(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{params}}}"#)).await;
    }
    for caller in callers {
        within(caller).await.unwrap();
    }
    assert_eq!(client.peer.0.pending.len(), 0);
}

#[tokio::test]
async fn what_the_server_could_not_read_is_refused_here_and_not_written() {
    let (mut client, mut server) = connect();
    for (params, expected) in [
        (nested(127), "request too deep"),
        ("[]".into(), "not a JSON object"),
        ("{\"a\":}".into(), "not JSON at byte"),
    ] {
        let error = within(client.peer.call("m", &params)).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(expected), "{error}");
        assert_eq!(client.peer.notify("m", &params).unwrap_err().code(), Code::InvalidArgument);
    }
    assert_eq!(client.peer.0.pending.len(), 0);
    server.settle(&mut client).await;
    let _call = client.peer.call("m", &nested(126));
    assert!(server.next().await.unwrap().contains(&nested(126)));
}

#[tokio::test]
async fn an_unpaired_surrogate_is_never_sent() {
    let (client, mut server) = connect();
    let _call = client.peer.call("m", r#"{"x":"\uD800","y":"\ud83d\ude00"}"#);
    server
        .expect(r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"x":"\ufffd","y":"\ud83d\ude00"}}"#)
        .await;
}

#[tokio::test]
async fn an_error_without_an_id_fails_every_pending_call_and_nothing_else() {
    let (mut client, mut server) = connect();
    let (ran, mut results) = mpsc::unbounded_channel();
    let plain = client.peer.call("a", "{}");
    let kept = client.peer.call_then("b", "{}", move |result| ran.send(result.to_string()).unwrap());
    server.next().await;
    server.next().await;
    server
        .send(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"bad \"secret\" key","data":"secret"}}"#)
        .await;
    for call in [plain, kept] {
        let error = within(call).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Rpc, "bad \"…\" key"));
        let rpc = error.rpc().unwrap();
        assert_eq!((rpc.code, rpc.data.as_deref()), (-32700, None));
    }
    // The bookkeeping of the second is done when it turns out to have been read after all.
    server.send(r#"{"jsonrpc":"2.0","id":2,"result":"late"}"#).await;
    assert_eq!(within(results.recv()).await.unwrap(), "\"late\"");
    server.settle(&mut client).await;
    assert_eq!(client.peer.0.pending.len(), 0);
    let next = client.peer.call("c", "{}");
    server.send(r#"{"jsonrpc":"2.0","id":3,"result":3}"#).await;
    assert_eq!(within(next).await.unwrap(), "3");
}

#[tokio::test]
async fn a_result_is_booked_before_the_next_frame_even_when_nobody_waits() {
    let (mut client, mut server) = connect();
    let events = client.handler.events.clone();
    let booked = move |result: &str| {
        let _ = events.send(Event::Notification("booked".to_string(), result.to_string()));
    };
    drop(client.peer.call_then("m", "{}", booked));
    server.next().await;
    server.send(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await;
    server.send(r#"{"jsonrpc":"2.0","method":"after"}"#).await;
    assert_eq!(client.notification().await.0, "booked");
    assert_eq!(client.notification().await.0, "after");
}

#[tokio::test]
async fn bookkeeping_is_dropped_unrun_before_the_caller_learns_of_a_failure() {
    let (client, mut server) = connect();
    let guard = Arc::new(());
    let held = guard.clone();
    let call = client.peer.call_then("m", "{}", move |_| unreachable!("there was no result, {held:?}"));
    server.send(r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}"#).await;
    within(call).await.unwrap_err();
    assert_eq!(Arc::strong_count(&guard), 1);
}

#[tokio::test]
async fn a_dropped_call_is_forgotten_and_its_answer_ignored() {
    let (mut client, mut server) = connect();
    drop(client.peer.call("m", "{}"));
    assert_eq!(client.peer.0.pending.len(), 0);
    server.next().await;
    server.send(r#"{"jsonrpc":"2.0","id":1,"result":1}"#).await;
    server.send(r#"{"jsonrpc":"2.0","id":"never asked","result":1}"#).await;
    server.settle(&mut client).await;
    assert!(!client.peer.is_closed());
}

#[tokio::test]
async fn a_call_that_cancels_on_drop_does_so_only_while_it_is_unanswered() {
    let (mut client, mut server) = connect();
    drop(client.peer.call("m", "{}").cancel_on_drop());
    server.next().await;
    server.expect(r#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#).await;
    let answered = client.peer.call("m", "{}").cancel_on_drop();
    server.next().await;
    server.send(r#"{"jsonrpc":"2.0","id":2,"result":1}"#).await;
    server.settle(&mut client).await;
    drop(answered); // the answer is there, though nobody has looked at it
    let finished = client.peer.call("m", "{}").cancel_on_drop();
    server.next().await;
    server.send(r#"{"jsonrpc":"2.0","id":3,"result":1}"#).await;
    within(finished).await.unwrap();
    let refused = client.peer.call("m", "[]").cancel_on_drop();
    drop(refused);
    server.settle(&mut client).await;
}

#[tokio::test]
async fn a_call_that_is_asked_again_does_not_panic() {
    let (client, mut server) = connect();
    let mut call = client.peer.call("m", "{}");
    server.send(r#"{"jsonrpc":"2.0","id":1,"result":1}"#).await;
    within(&mut call).await.unwrap();
    assert_eq!(within(&mut call).await.unwrap_err().code(), Code::Internal);
}

#[tokio::test]
async fn a_large_result_arrives_whole() {
    let (client, mut server) = connect();
    let call = client.peer.call("m", "{}");
    let text = format!("\"{}\"", "x".repeat(3_000_000));
    server.send(&format!(r#"{{"jsonrpc":"2.0","result":{text},"id":1}}"#)).await;
    assert!(within(call).await.unwrap() == text);
}

#[tokio::test]
async fn a_peer_that_does_not_read_blocks_nobody() {
    let (client, mut server) = connect_with(100, DEFAULT_FRAME_LIMIT);
    let params = format!("{{\"x\":\"{}\"}}", "x".repeat(1000));
    let calls: Vec<_> = (0..100).map(|_| client.peer.call("m", &params)).collect();
    let queued = client.peer.queued_bytes();
    assert!((100_000..120_000).contains(&queued), "{queued}");
    for _ in 0..100 {
        server.next().await.unwrap();
    }
    drop(calls);
    within(async {
        while client.peer.queued_bytes() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Lets a write through only with a permit, and counts them.
struct Gate {
    writes: mpsc::UnboundedSender<usize>,
    permits: tokio::sync::mpsc::UnboundedReceiver<()>,
}

impl AsyncWrite for Gate {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match self.permits.poll_recv(context) {
            Poll::Ready(Some(())) => {
                let _ = self.writes.send(bytes.len());
                Poll::Ready(Ok(bytes.len()))
            }
            Poll::Ready(None) => Poll::Ready(Ok(0)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn what_has_queued_up_goes_out_in_one_write() {
    let (input, _silent) = duplex(100);
    let (events, _events) = mpsc::unbounded_channel();
    let (writes, mut written) = mpsc::unbounded_channel();
    let (permit, permits) = mpsc::unbounded_channel();
    let peer = Peer::start(input, Gate { writes, permits }, recorder(events, DEFAULT_FRAME_LIMIT));
    peer.notify("first", "{}").unwrap();
    let first = peer.queued_bytes();
    tokio::task::yield_now().await; // on this runtime's one thread the writer now waits in its first write
    for _ in 0..100 {
        peer.notify("later", "{}").unwrap();
    }
    let total = peer.queued_bytes();
    permit.send(()).unwrap();
    permit.send(()).unwrap();
    assert_eq!(within(written.recv()).await, Some(first));
    assert_eq!(within(written.recv()).await, Some(total - first));
    // A stream that takes nothing any more has failed.
    drop(permit);
    peer.notify("last", "{}").unwrap();
    assert_eq!(within(peer.closed()).await.code(), Code::Transport);
}

#[tokio::test]
async fn the_owner_vets_every_error_that_quotes_the_peer() {
    for (body, ends) in [
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"not s3cret","data":"s3cret"}}"#, false),
        (r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"not s3cret"}}"#, false),
        (r#"{"jsonrpc":"2.0","s3cret"}"#, true),
    ] {
        let (mut client, mut server) = connect();
        let call = client.peer.call("m", "{}");
        server.next().await;
        server.send(body).await;
        let error = within(call).await.unwrap_err();
        assert_eq!(error.message(), if ends { "epitaph: vetted" } else { "vetted" });
        assert!(error.rpc().and_then(|rpc| rpc.data.as_deref()).is_none());
        if ends {
            assert_eq!(client.closed().await.message(), "epitaph: vetted");
        }
    }
}
