//! The short way is held against the walk, on what real CLIs have sent and on what comes of that by chance.

mod laws;

use std::fmt::Write;

use serde_json::Value;
use serde_json::value::RawValue;

use super::*;
use crate::protocol::envelope;
use crate::rpc::message::{self, Message};

/// The params of events as CLIs 0.0.420, 1.0.40, 1.0.71, 1.0.102 and the runtime 1.0.85 have sent them.
const FRAMES: &str = include_str!("frames.jsonl");

/// The same numbers in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// JSON in which a key may come twice.
#[derive(Clone)]
enum Tree {
    Leaf(String),
    Object(Vec<(String, Tree)>),
    Array(Vec<Tree>),
}

const KEYS: [&str; 7] = ["event", "sessionId", "type", "data", "id", "parentId", "more"];

const LEAVES: [&str; 14] = [
    "7",
    "null",
    "true",
    "{}",
    "[]",
    r#""""#,
    r#""s""#,
    r#""}""#,
    r#""}},""#,
    r#""a \"b\" {""#,
    r#""\\""#,
    r#""{\"type\":\"x\"}""#,
    r#"[{"event":{"type":"y"}}]"#,
    r#"{"sessionId":"t","event":{"type":"y","data":{}}}"#,
];

impl From<&Value> for Tree {
    fn from(value: &Value) -> Tree {
        match value {
            Value::Object(members) => {
                Tree::Object(members.iter().map(|(key, value)| (key.clone(), value.into())).collect())
            }
            Value::Array(elements) => Tree::Array(elements.iter().map(Tree::from).collect()),
            leaf => Tree::Leaf(leaf.to_string()),
        }
    }
}

impl Tree {
    fn random(dice: &mut Dice) -> Tree {
        Tree::Leaf(dice.one_of(&LEAVES).to_owned())
    }

    /// Changes one thing somewhere inside.
    fn change(&mut self, dice: &mut Dice) {
        let members = match self {
            Tree::Leaf(_) => return *self = Tree::random(dice),
            Tree::Array(elements) => return elements.push(Tree::random(dice)),
            Tree::Object(members) => members,
        };
        if members.is_empty() || dice.one_in(8) {
            let at = dice.below(members.len() + 1);
            return members.insert(at, (dice.one_of(&KEYS).to_owned(), Tree::random(dice)));
        }
        let at = dice.below(members.len());
        match dice.below(12) {
            0 => members.swap(at, 0),
            1 => drop(members.remove(at)),
            2 => members.push(members[at].clone()),
            3 => {
                let copy = members[at].1.clone();
                members.push((dice.one_of(&KEYS).to_owned(), copy));
            }
            _ => members[at].1.change(dice),
        }
    }

    fn spell(&self, spelling: &mut Spelling) {
        match self {
            Tree::Leaf(leaf) => spelling.token(leaf),
            Tree::Array(elements) => {
                spelling.token("[");
                for (index, element) in elements.iter().enumerate() {
                    spelling.token(if index == 0 { "" } else { "," });
                    element.spell(spelling);
                }
                spelling.token("]");
            }
            Tree::Object(members) => {
                spelling.token("{");
                for (index, (key, value)) in members.iter().enumerate() {
                    spelling.token(if index == 0 { "" } else { "," });
                    spelling.key(key);
                    spelling.token(":");
                    value.spell(spelling);
                }
                spelling.token("}");
            }
        }
    }
}

/// Writes tokens, some of them with space around or, where they are keys, with an escape inside.
struct Spelling<'d> {
    text: String,
    dice: &'d mut Dice,
    playful: bool,
}

impl Spelling<'_> {
    fn of(tree: &Tree, dice: &mut Dice) -> String {
        let playful = dice.one_in(3);
        let mut spelling = Spelling { text: String::new(), dice, playful };
        tree.spell(&mut spelling);
        spelling.text
    }

    fn token(&mut self, token: &str) {
        self.text.push_str(token);
        if self.playful && self.dice.one_in(60) {
            self.text.push_str(self.dice.one_of(&[" ", "\n", "\t "]));
        }
    }

    fn key(&mut self, key: &str) {
        if !self.playful || !self.dice.one_in(20) {
            return self.token(&format!("\"{key}\""));
        }
        let mut letters = key.chars();
        let mut escaped = String::from("\"");
        if let Some(first) = letters.next() {
            write!(escaped, "\\u{:04x}", u32::from(first)).unwrap();
        }
        self.token(&(escaped + letters.as_str() + "\""));
    }
}

fn trees() -> Vec<Tree> {
    FRAMES.lines().map(|line| Tree::from(&serde_json::from_str::<Value>(line).unwrap())).collect()
}

fn check(params: &str) -> bool {
    laws::hold(&[params]);
    let walked = by_members(params);
    let short = usual(params);
    if short.is_some() {
        assert_eq!(short, walked, "{params}");
    }
    assert_eq!(read(params), walked, "{params}");
    short.is_some()
}

#[test]
fn what_real_clis_send_needs_no_walk() {
    let walked: Vec<&str> = FRAMES.lines().filter(|params| !check(params)).collect();
    assert_eq!(walked.len(), 1, "{walked:?}");
    assert!(walked[0].contains(r#""ephemeral":true,"data":"#), "the one with its data in another place");
}

#[test]
fn the_envelope_says_whose_event_it_is_and_of_what_type() {
    for params in [
        r#"{"sessionId":"s","event":{"type":"t","data":{"a":"}"},"id":"1"}}"#,
        r#"{"sessionId":"s","event":{"type":"t","data":{"a":{}},"id":"1"}}"#,
        r#"{"sessionId":"s","event":{"type":"t","data":{},"id":"1"}}"#,
        r#"{"sessionId":"s","event":{"type":"t","data":{}}}"#,
        r#"{"sessionId":"s","event":{"type":"t","data":null,"x":{}}}"#,
        r#"{ "event" : {"id":"1","type":"t"} , "sessionId":"\u0073" }"#,
        r#"{"sessionId":"s","event":{"type":"t","data":{}},"more":{"x":{}}}"#,
        r#"{"sessionId":"s","event":{"type":"x","data":{},"id":"1"},"event":{"type":"t","data":{},"id":"1"}}"#,
        r#"{"sessionId":"x","event":{"type":"t","data":{},"id":"1"},"sessionId":"s"}"#,
    ] {
        check(params);
        let envelope = read(params).unwrap();
        assert_eq!((&*envelope.session_id, &*envelope.event_type), ("s", "t"), "{params}");
    }
    for params in [
        "",
        "{}",
        "null",
        "[]",
        r#"{"sessionId":"s"}"#,
        r#"{"event":{"type":"t","data":{}}}"#,
        r#"{"sessionId":7,"event":{"type":"t","data":{}}}"#,
        r#"{"sessionId":"s","event":{"data":{}}}"#,
        r#"{"sessionId":"s","event":{"type":"t","data":{}"#,
    ] {
        assert_eq!(read(params), None, "{params}");
    }
}

#[test]
fn whatever_the_members_do_the_short_way_says_what_the_walk_says() {
    let (trees, mut short, mut walked) = (trees(), 0, 0);
    for seed in 1..=12_000 {
        let mut dice = Dice(seed * 0x9E37_79B9);
        let mut tree = trees[dice.below(trees.len())].clone();
        (0..dice.below(4)).for_each(|_| tree.change(&mut dice));
        let params = Spelling::of(&tree, &mut dice);
        if check(&params) { short += 1 } else { walked += 1 }
    }
    assert!(short > 3_000 && walked > 3_000, "both ways are trodden: {short} and {walked}");
}

#[test]
fn what_begins_in_the_same_way_is_of_the_same_session_and_type() {
    let (trees, mut beginning, mut known, mut unknown) = (trees(), Beginning::default(), 0, 0);
    let mut all = Vec::new();
    for seed in 1..=12_000 {
        let mut dice = Dice(seed * 0x9E37_79B9);
        // Mostly of one kind, as in a stream.
        let mut tree = trees[if dice.one_in(8) { dice.below(trees.len()) } else { 0 }].clone();
        (0..dice.below(3)).for_each(|_| tree.change(&mut dice));
        let params = Spelling::of(&tree, &mut dice);
        if beginning.event(&laws::body(&params)).is_some() {
            known += 1
        } else {
            unknown += 1
        }
        if let Some(envelope) = read(&params) {
            beginning.remember(&params, &envelope);
        }
        all.push(params);
    }
    laws::hold(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(known > 2_000 && unknown > 2_000, "both happen: {known} and {unknown}");
    assert_eq!(Beginning::default().event("{}"), None);
}

#[test]
fn a_message_that_begins_alike_brings_what_a_reader_of_messages_finds_in_it() {
    let (mut known, mut unknown) = (0, 0);
    for params in FRAMES.lines() {
        let Some(envelope) = read(params) else { panic!("{params}") };
        let mut beginning = Beginning::default();
        beginning.remember(params, &envelope);
        let body = laws::body(params);
        let others = [
            body.clone(),
            body.replace("}}}", r#"},"more":{}}}"#),
            body.replace("}}}", r#"}},"more":{}}"#),
            body.replace("}}}", r#"}},"id":{"a":{}}}"#),
            body.replace("}}}", r#"}},"id":1}"#),
            body.replace("}}}", "}} }"),
            body.replace("}}}", "}}} "),
            body.replace("2.0", "2.1"),
            body.replace("session.event", "session.evening"),
        ];
        for other in others {
            let Some(event) = beginning.event(&other) else {
                unknown += 1;
                continue;
            };
            let Ok(Message::Notification { method, params }) = message::classify(&other) else {
                panic!("{other}")
            };
            assert_eq!((&*method, Some(event)), ("session.event", read(params).map(|read| read.event)));
            known += 1;
        }
        for end in 0..body.len() {
            assert_eq!(beginning.event(&body[..end]), None, "{}", &body[..end]);
        }
    }
    assert!(known >= FRAMES.lines().count() - 1 && unknown > known, "both happen: {known} and {unknown}");
}

#[test]
fn what_is_cut_short_is_refused() {
    for params in FRAMES.lines() {
        for end in 0..params.len() {
            assert_eq!(read(&params[..end]), None, "{}", &params[..end]);
        }
    }
}

#[test]
fn a_wrong_byte_spoils_no_more_than_itself() {
    let frames: Vec<&str> = FRAMES.lines().collect();
    for seed in 1..=12_000 {
        let mut dice = Dice(seed * 0x9E37_79B9);
        let mut bytes = frames[dice.below(frames.len())].as_bytes().to_vec();
        let at = dice.below(bytes.len());
        bytes[at] = b"{}\",:\\ x"[dice.below(8)];
        let params = String::from_utf8(bytes).unwrap();
        if serde_json::from_str::<&RawValue>(&params).is_ok() {
            check(&params);
        } else if let Some(envelope) = usual(&params) {
            // No JSON: it is still the text between the same ends.
            assert!(params.ends_with(&format!("{}}}", envelope.event)));
        }
    }
}
