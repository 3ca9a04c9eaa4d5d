//! Events as the CLIs send them, one after the other through one document, whole and damaged: whatever was remembered or
//! foretold, each answer is that of the text at hand.

use super::generator::{Random, generated, mutate};
use super::jumps::{Jumps, Known};
use super::laws::hold;
use super::pointer::{Found, search_any};
use super::usual;

const POINTERS: [&str; 10] = [
    "/data/deltaContent",
    "/type",
    "/data/messageId",
    "/id",
    "/parentId",
    "/data/toolRequests/0/name",
    "/data/toolRequests/5/name",
    "/data",
    "/data/deltaContent/x",
    "/nothing/here/at/all/with/a/long/pointer",
];

fn id(random: &mut Random) -> String {
    let part =
        random.pick(&["270c4690-8771-40be-bdf2", "5e7b2997-4d6e-4826-88be", "8b0c2819-526f-481f-9638"]);
    format!("{part}-{:012x}", random.below(3))
}

fn content(random: &mut Random) -> String {
    let word = random.pick(&[
        "x",
        "ab ",
        "é",
        "😀",
        r"\n",
        r#"\""#,
        r"\\",
        r"\u00e9",
        r"\ud83d\uDE00",
        "{[,",
        "data",
    ]);
    // Strings are searched and kept in one way or another by their length: up to 128 bytes, up to 4096, and above.
    let longest = [3, 20, 70, 150, 200, 3, 20, 150, 400, 3, 6_000][random.below(11)];
    word.repeat(random.below(longest))
}

fn event(random: &mut Random) -> String {
    let (id, parent) = (id(random), id(random));
    let tail = match random.below(4) {
        0 => format!(r#","ephemeral":true,"id":"{id}","parentId":"{parent}""#),
        1 => format!(r#","id":"{id}","timestamp":"2026-11-21T20:02:26.147Z","parentId":null,"agentId":"""#),
        2 => format!(r#", "id" : "{id}","data":{{"deltaContent":"second"}}"#),
        _ => String::new(),
    };
    let text = content(random);
    match random.below(7) {
        0..3 => format!(
            r#"{{"type":"assistant.message_delta","data":{{"messageId":"{parent}","deltaContent":"{text}"}}{tail}}}"#
        ),
        3 => format!(r#"{{"type":"assistant.streaming_delta","data":{{"totalResponseSizeBytes":6}}{tail}}}"#),
        4 => format!(r#"{{"data":{{"deltaContent": "{text}","messageId":"{parent}"}},"type":"late"{tail}}}"#),
        5 => format!(
            r#"{{"type":"assistant.message","data":{{"messageId":"{parent}","content":"{text}","toolRequests":[{{"name":"add"}},1,2,3,4,{{"name":"{text}"}}]}}{tail}}}"#
        ),
        _ => format!(
            r#"{{"type":"x","data":{{"deltaContent":[{{"x":"{text}"}},"{text}"],"\u0064ata":1}}{tail}}}"#
        ),
    }
}

#[test]
fn a_sequence_of_events_reads_as_each_of_them_alone() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let events: Vec<String> = (0..14)
            .map(|_| {
                let event = event(&mut random);
                if random.below(4) == 0 { mutate(&mut random, &event) } else { event }
            })
            .collect();
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let count = 1 + random.below(POINTERS.len());
        hold(&events, &POINTERS[..count]);
    }
}

#[test]
fn a_sequence_of_anything_reads_as_each_of_them_alone() {
    for seed in 0..150 {
        let (mut random, first) = generated(seed);
        let mut texts = vec![first];
        for _ in 0..5 {
            let last = texts.last().filter(|text| !text.is_empty()).map_or("[]", String::as_str);
            let next = mutate(&mut random, last);
            texts.push(next);
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        hold(
            &texts,
            &["", "/a", "/a/0", "/0/a", "/a/a/a", "/x~1y", "/m~0n/0", "/", "/~", "/-", "/]}", "/a/4"],
        );
    }
}

#[test]
fn the_usual_search_finds_what_the_general_one_finds() {
    let mut usual_ones = 0;
    for seed in 0..1_500 {
        let mut random = Random::new(seed);
        let text = if seed % 2 == 0 { event(&mut random) } else { generated(seed).1 };
        let text = if random.below(3) == 0 { mutate(&mut random, &text) } else { text };
        let jumps = Jumps::default();
        for pointer in POINTERS.into_iter().chain(["/a", "/a/b", "/b/a/0", "/x~1y", "/x/y", "/m~n", "", "/"])
        {
            for known in [Known(None), Known(Some(&jumps))] {
                let found = usual::search(text.as_bytes(), 0, pointer.as_bytes(), known);
                let general = search_any(text.as_bytes(), 0, pointer.as_bytes(), usize::MAX, Known(None));
                assert!(found.is_none_or(|found| found == general), "{pointer} in {text}");
                usual_ones += usize::from(matches!(found, Some(Found::At(_))));
            }
        }
    }
    // It is worth having only if it finds something.
    assert!(usual_ones > 2_000, "{usual_ones}");
}
