//! Streams that go wrong at random: whatever comes, every call ends and nothing panics.

use super::super::super::random::Random;
use super::*;

const CALLS: usize = 20;

/// What a server in order might send.
fn good_stream(random: &mut Random) -> Vec<u8> {
    let mut stream = Vec::new();
    for _ in 0..40 {
        let id = random.below(CALLS + 3);
        let body = match random.below(8) {
            0 => r#"{"jsonrpc":"2.0","method":"n","params":{"text":"\ud83d\ude00 \ud800 \\ud800"}}"#
                .to_string(),
            1 => format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"slow.m","params":null}}"#),
            2 => format!(r#"{{"jsonrpc":"2.0","method":"$/cancelRequest","params":{{"id":{id}}}}}"#),
            3 => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"no"}}}}"#),
            4 => r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}"#.to_string(),
            5 => format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"m"}}"#),
            _ => format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"é":[1,"{}"]}}}}"#,
                "x".repeat(random.below(3000))
            ),
        };
        write_frame(&mut stream, &[&body]);
    }
    stream
}

/// One fault somewhere.
fn damage(stream: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(stream.len());
    match random.below(6) {
        0 => stream.truncate(at),
        1 => stream[at] ^= 1 << random.below(8),
        2 => stream[at] = random.next() as u8,
        3 => drop(stream.drain(at..(at + random.below(50)).min(stream.len()))),
        4 => {
            let junk: Vec<u8> = (0..random.below(50)).map(|_| random.next() as u8).collect();
            stream.splice(at..at, junk);
        }
        _ => {
            let copy = stream[at..(at + random.below(200)).min(stream.len())].to_vec();
            let to = random.below(stream.len());
            stream.splice(to..to, copy);
        }
    }
}

/// Runs one damaged stream against 20 calls; says whether every byte was taken.
async fn run(seed: u64) {
    let mut random = Random::of(seed);
    let mut stream = good_stream(&mut random);
    for _ in 0..random.below(3) {
        damage(&mut stream, &mut random);
    }
    let capacity = 1 + random.below(5000);
    let (mut client, mut server) = match random.below(2) {
        0 => connect_with(capacity, DEFAULT_FRAME_LIMIT),
        _ => connect_by_pipes(capacity),
    };
    let calls: Vec<_> = (0..CALLS)
        .map(|number| {
            let call = client.peer.call("m", &format!("{{\"n\":{number}}}"));
            if random.below(2) == 0 { call } else { call.cancel_on_drop() }
        })
        .collect();
    let reads = random.below(4) != 0; // some servers die with their input unread
    let serve = async {
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + random.below(rest.len().min(7000)));
            if server.output.write_all(now).await.is_err() {
                break; // the client has given up on it
            }
            rest = later;
        }
        drop(server.output);
        if reads {
            let mut sink = tokio::io::sink();
            let _ = tokio::io::copy(&mut server.input, &mut sink).await;
        }
    };
    let answers = async {
        let mut answers = Vec::new();
        for (number, call) in calls.into_iter().enumerate() {
            if number % 7 == 6 {
                drop(call);
            } else {
                answers.push(call.await);
            }
        }
        answers
    };
    let watch = async {
        loop {
            match client.events.recv().await.expect("the close comes before the end") {
                Event::Closed(reason) => return reason,
                Event::Request(request, ..) => drop(request.reply("{}")),
                Event::Notification(..) | Event::Cancelled(_) => {}
            }
        }
    };
    let all = async { tokio::join!(serve, answers, watch) };
    let ended = timeout(Duration::from_secs(20), all).await;
    let ((), answers, reason) = ended.unwrap_or_else(|_| panic!("seed {seed} hangs"));
    assert!(matches!(reason.code(), Code::Transport | Code::Protocol), "seed {seed}: {reason:?}");
    for answer in answers {
        let error = answer.err();
        assert!(error.is_none_or(|error| error.code() != Code::Internal), "seed {seed}");
    }
    assert_eq!(client.peer.0.pending.len(), 0, "seed {seed}");
}

#[tokio::test]
async fn every_call_ends_whatever_the_server_sends() {
    for seed in 1..=500 {
        run(seed).await;
    }
}
