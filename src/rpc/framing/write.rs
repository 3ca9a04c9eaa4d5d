//! Frames on their way out.

/// Appends one frame whose body is `parts` in a row. A frame has no other header and no newline at its end.
pub fn write_frame(out: &mut Vec<u8>, parts: &[&str]) {
    const NAME: &[u8] = b"Content-Length: ";
    const END: &[u8] = b"\r\n\r\n";
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let decimal = Decimal::new(length as u64);
    let digits = decimal.as_str().as_bytes();
    let mut header = [0; NAME.len() + 20 + END.len()];
    let (digits_end, end) = (NAME.len() + digits.len(), NAME.len() + digits.len() + END.len());
    header[..NAME.len()].copy_from_slice(NAME);
    header[NAME.len()..digits_end].copy_from_slice(digits);
    header[digits_end..end].copy_from_slice(END);
    out.reserve(end + length);
    out.extend_from_slice(&header[..end]);
    for part in parts {
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
