//! Bytes in JSON.

/// The bytes of a base64 text. What is not of its alphabet is skipped.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let alphabet = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']);
    let alphabet: Vec<char> = alphabet.collect();
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for value in text.chars().filter_map(|c| alphabet.iter().position(|a| *a == c)) {
        bits = (bits << 6) | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_of_any_length_is_read() {
        assert_eq!(decode(""), b"");
        assert_eq!(decode("YQ=="), b"a");
        assert_eq!(decode("YWI="), b"ab");
        assert_eq!(decode("YWJj\n"), b"abc");
        assert_eq!(decode("AP/+"), [0, 0xff, 0xfe]);
    }
}
