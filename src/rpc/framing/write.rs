//! Frames on their way out.

/// Appends one frame whose body is `parts` in a row. A frame has no other header and no newline at its end.
pub fn write_frame(out: &mut Vec<u8>, parts: &[&str]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let decimal = Decimal::new(length as u64);
    let header = ["Content-Length: ", decimal.as_str(), "\r\n\r\n"];
    out.reserve(40 + length); // a header is no longer than that
    for part in header.iter().chain(parts) {
        out.extend_from_slice(part.as_bytes());
    }
}

/// A number in decimal digits, without the detour over a `String`.
pub struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub fn new(number: u64) -> Decimal {
        let mut decimal = Decimal { digits: [b'0'; 20], start: 20 };
        let mut rest = number;
        while rest > 0 || decimal.start == 20 {
            decimal.start -= 1;
            decimal.digits[decimal.start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        decimal
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[self.start..]).unwrap_or_default() // digits are UTF-8
    }
}
