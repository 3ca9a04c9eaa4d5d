use super::*;

/// Small and the same each time: the tests need variety, not secrecy.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const WORDS: [&str; 8] = ["status", "'a; b'", "\"c | d\"", "x/y.txt", "-la", "--n=1", "'$x'", "HEAD~1"];
const JOINS: [&str; 5] = [" && ", " || ", "; ", " | ", "\n"];
/// None of these means nothing to the shell outside quotes, and none of them is read.
const META: [&str; 28] = [
    "$",
    "`",
    "\\",
    ">",
    "<",
    "&",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "*",
    "?",
    "!",
    "#",
    "$(touch x)",
    "`touch x`",
    ">x",
    "2>x",
    "<(x)",
    "|&",
    "\r",
    "\t",
    "\0",
    "\u{a0}",
    "\u{85}",
    ";;",
];

/// An allowed command line, and the places outside quotes in it.
fn line(random: &mut Random) -> (String, Vec<usize>) {
    let (mut line, mut places) = (String::new(), vec![0]);
    for n in 0..=random.below(3) {
        if n > 0 {
            line.push_str(random.of(&JOINS));
        }
        line.push_str(random.of(&["ls", "git"]));
        for _ in 0..random.below(4) {
            places.push(line.len());
            line.push(' ');
            places.push(line.len());
            line.push_str(random.of(&WORDS));
        }
        places.push(line.len());
    }
    (line, places)
}

#[test]
fn nothing_with_a_metacharacter_outside_quotes_is_allowed() {
    let yard = Yard::new();
    let policy = yard.policy(json!({ "allow": [{ "command": "ls" }, { "command": "git" }] }));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..3000 {
        let (plain, places) = line(&mut random);
        assert_eq!(comes(&policy, &shell(&plain)), Allow, "{plain:?}");
        let mut spoilt = plain.clone();
        spoilt.insert_str(places[random.below(places.len())], random.of(&META));
        // `&` beside `&&` or `|` beside `|` is still no operator that is read.
        assert_ne!(comes(&policy, &shell(&spoilt)), Allow, "{spoilt:?}");
    }
}

#[test]
fn a_foreign_command_in_any_place_is_never_allowed_and_always_denied() {
    let yard = Yard::new();
    let allow = json!([{ "command": "ls" }, { "command": "git" }]);
    let allows = yard.policy(json!({ "allow": allow }));
    let denies = yard.policy(json!({ "allow": allow, "deny": [{ "command": "touch" }] }));
    let mut random = Random(42);
    for _ in 0..2000 {
        let (first, _) = line(&mut random);
        let (last, _) = line(&mut random);
        let (join, again) = (random.of(&JOINS), random.of(&JOINS));
        let chained = format!("{first}{join}touch x{again}{last}");
        assert_eq!(comes(&allows, &shell(&chained)), Handler, "{chained:?}");
        assert_eq!(comes(&denies, &shell(&chained)), Deny, "{chained:?}");
    }
}

#[test]
fn nothing_makes_it_panic_and_no_noise_is_allowed() {
    let yard = Yard::new();
    let policy = yard.policy(json!({
        "deny": [{ "path": "/**/x*y/**" }, { "host": "*.a.example" }, { "command": "zz" }],
        "allow": [{ "command": "zz" }, { "kind": "read", "path": "/zz/**" }, { "host": "zz.example" }],
    }));
    const PIECES: [&str; 24] = [
        "http",
        "://",
        "/",
        "..",
        ".",
        "@",
        ":",
        "%",
        "%6",
        "[",
        "]",
        "*",
        "~",
        "'",
        "\"",
        "\\",
        "$",
        "a",
        "x",
        "0x",
        "9",
        "\u{430}",
        "\u{1F600}",
        "\0",
    ];
    let mut random = Random(7);
    for _ in 0..4000 {
        let noise: String = (0..random.below(12)).map(|_| random.of(&PIECES)).collect();
        for request in [
            shell(&noise),
            json!({ "kind": "read", "path": noise }),
            json!({ "kind": "write", "fileName": noise }),
            json!({ "kind": "url", "url": noise }),
        ] {
            assert_ne!(comes(&policy, &request), Allow, "{request}");
        }
        let _ = parsed(json!({ "deny": [{ "path": noise }] }));
        let _ = parsed(json!({ "deny": [{ "host": noise }] }));
        let _ = parsed(json!({ "deny": [{ "command": noise }] }));
    }
}
