use super::*;

fn knowing(texts: &[&str]) -> Secrets {
    let secrets = Secrets::default();
    secrets.learn(texts);
    secrets
}

#[test]
fn every_occurrence_is_replaced_and_nothing_else() {
    let secrets = knowing(&["ghp_token", "pässwört"]);
    for (text, clean) in [
        ("ghp_token", "[redacted]"),
        ("a ghp_token, ghp_tokens pässwört.", "a [redacted], [redacted]s [redacted]."),
        ("ghp_tokenghp_token", "[redacted][redacted]"),
        ("", ""),
        ("ghp_toke pässwör", "ghp_toke pässwör"),
    ] {
        assert_eq!(secrets.redact(text), clean);
    }
    assert!(matches!(secrets.redact("nothing here"), Cow::Borrowed(_)));
    assert_eq!(secrets.redact_bytes(b"\xFFghp_token\xFF"), &b"\xFF[redacted]\xFF"[..]);
}

#[test]
fn the_longest_wins_and_overlaps_leave_no_rest() {
    let secrets = knowing(&["abcdef", "abcdefgh", "ghijkl", "xyxyxy"]);
    assert_eq!(secrets.redact("-abcdefgh-"), "-[redacted]-");
    assert_eq!(secrets.redact("-abcdefg-"), "-[redacted]g-");
    assert_eq!(secrets.redact("-abcdefghijkl-"), "-[redacted]-");
    assert_eq!(secrets.redact("-xyxyxyxy-"), "-[redacted]-", "it overlaps itself");
}

#[test]
fn short_texts_are_no_secrets() {
    let secrets = knowing(&["", "12345", "äöüäö", "  short  "]);
    secrets.learn(["a\"b\"c", "line 1\nab"]);
    assert_eq!(secrets.redact(r#"12345 äöüäö short a\"b\"c ab"#), r#"12345 äöüäö short a\"b\"c ab"#);
    secrets.learn(["123456", "äöüäöü"]);
    assert_eq!(secrets.redact("123456 äöüäöü"), "[redacted] [redacted]");
}

#[test]
fn a_secret_is_known_in_its_other_forms() {
    let secrets = knowing(&["with \"quotes\"\\", "-----BEGIN-----\nfirst line\r\nsecond line\n"]);
    assert_eq!(secrets.redact(r#"{"a":"with \"quotes\"\\"}"#), r#"{"a":"[redacted]"}"#);
    assert_eq!(secrets.redact("then second line"), "then [redacted]");
    assert_eq!(secrets.redact(r"-----BEGIN-----\nfirst line\r\nsecond line"), "[redacted]");
}

#[test]
fn what_is_left_of_a_shortened_secret_goes_too() {
    let secrets = knowing(&["ghp_abcdefghij"]);
    assert_eq!(secrets.redact("the token ghp_abcde…"), "the token [redacted]…");
    assert_eq!(secrets.redact("ghp_a… and ghp_abc… or"), "ghp_a… and [redacted]… or");
    assert_eq!(secrets.redact_cut_off(b"the token ghp_abcde"), &b"the token [redacted]"[..]);
    assert_eq!(secrets.redact_cut_off(b"the token ghp"), &b"the token ghp"[..]);
}

#[test]
fn json_stays_json() {
    let secrets = knowing(&["s3cr\"et", "123456"]);
    for (json, clean) in [
        (r#"{"a":["s3cr\"et"],"s3cr\"et!":1}"#, r#"{"a":["[redacted]"],"[redacted]!":1}"#),
        (r#"["s3cr\u0022et"]"#, r#"["[redacted]"]"#),
        (r#"{"n":1234567,"m":12345}"#, r#"{"n":"[redacted]","m":12345}"#),
        (r#"{"a":"s3cr\"et","a":1}"#, r#"{"a":1}"#),
        (r#"{"a" : 1.50}"#, r#"{"a" : 1.50}"#),
        (r#"["\ud800 s3cr\"et"]"#, r#""[redacted]""#),
        (r#"["\ud800"]"#, r#"["\ud800"]"#),
        (&format!("{}123456{}", "[".repeat(300), "]".repeat(300)), r#""[redacted]""#),
    ] {
        assert_eq!(secrets.redact_json(json), clean);
    }
}

#[test]
fn a_cut_parts_no_secret() {
    let secrets = knowing(&["abcabcabc", "cdefgh"]);
    for (text, cut) in [
        ("nothing", 7),
        ("xx abcab", 3),
        ("xx abcabcabc", 12),
        ("xx abcabcabc.", 13),
        ("xx cdefg", 3),
        ("abcabcab", 0),
        ("", 0),
    ] {
        assert_eq!(secrets.cut(text.as_bytes()), cut, "{text}");
    }
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(
        format!("{:?} {:#?}", knowing(&["secret-text"]), knowing(&[])),
        "Secrets { .. } Secrets { .. }"
    );
}
