//! Frames on their way out.

/// Appends one frame whose body is `parts` in a row. A frame has no other header and no newline at its end.
pub fn write_frame<P: AsRef<[u8]>>(out: &mut Vec<u8>, parts: &[P]) {
    const NAME: &[u8] = b"Content-Length: ";
    const END: &[u8] = b"\r\n\r\n";
    let length: usize = parts.iter().map(|part| part.as_ref().len()).sum();
    let decimal = Decimal::new(length as u64);
    out.reserve(NAME.len() + decimal.as_bytes().len() + END.len() + length);
    for header in [NAME, decimal.as_bytes(), END] {
        out.extend_from_slice(header);
    }
    for part in parts {
        out.extend_from_slice(part.as_ref());
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

    pub fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}
