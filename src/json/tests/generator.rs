//! Documents made at random, and damaged at random: the same ones each time.

/// A small deterministic generator (xorshift): a failing document can be made again from its number.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

fn space(random: &mut Random) -> &'static str {
    random.pick(&["", "", "", " ", "\n\t", "\r\n  "])
}

fn key(random: &mut Random) -> &'static str {
    random.pick(&[
        "a",
        "b",
        "a",
        "",
        "0",
        "-",
        "x/y",
        "m~n",
        r"\u0061",
        r#"q\"["#,
        r"\\",
        "é",
        r"\ud83d\uDE00",
        "]}",
    ])
}

fn scalar(random: &mut Random) -> &'static str {
    random.pick(&[
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-12",
        "3.25",
        "1e3",
        "1E-2",
        "-0.5e+1",
        "123456789012",
        r#""""#,
        r#""plain""#,
        r#""[{,:}]""#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\\\\\"""#,
        r#""caf\u00e9 é 😀 \ud83d\ude00""#,
        r#""a much longer text, for the search that jumps over it: {\"a\": [1, 2]}""#,
    ])
}

fn document(random: &mut Random, levels: usize, out: &mut String) {
    out.push_str(space(random));
    let shape = if levels == 0 { 0 } else { random.below(5) };
    match shape {
        0 => out.push_str(scalar(random)),
        shape => {
            let object = shape > 2;
            out.push(if object { '{' } else { '[' });
            out.push_str(space(random));
            for i in 0..random.below(4) {
                out.push_str(if i > 0 { "," } else { "" });
                if object {
                    *out += space(random);
                    *out += &format!("\"{}\"{}:", key(random), space(random));
                }
                document(random, levels - 1, out);
            }
            out.push(if object { '}' } else { ']' });
        }
    }
    out.push_str(space(random));
}

/// The document of this number, and the generator to damage it with.
pub fn generated(seed: u64) -> (Random, String) {
    let mut random = Random::new(seed);
    let mut text = String::new();
    document(&mut random, 4, &mut text);
    (random, text)
}

/// One damage: some characters go, come, change or are repeated, or the end is missing.
pub fn mutate(random: &mut Random, text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len());
    let until = (at + 1 + random.below(4)).min(chars.len());
    let strange =
        random.pick(&["\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "é", "\n", "u", "\0"]);
    let (head, cut, tail): (String, String, String) =
        (chars[..at].iter().collect(), chars[at..until].iter().collect(), chars[until..].iter().collect());
    match random.below(5) {
        0 => head + &tail,
        1 => head + strange + &cut + &tail,
        2 => head + strange + &tail,
        3 => head + &cut + &cut + &tail,
        _ => head,
    }
}
