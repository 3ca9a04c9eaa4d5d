//! Numbers as they are spelled.

/// The integer at the beginning of a text, where it is spelled without fraction and exponent, in at most 18 digits, and
/// an item's end follows. `None` says only that it is something else.
pub(super) fn small_i64(text: &[u8]) -> Option<i64> {
    let (digits, negative) = match text.strip_prefix(b"-") {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let (mut value, mut length) = (0, 0);
    while let Some(digit @ b'0'..=b'9') = digits.get(length) {
        if length == 18 {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
        length += 1;
    }
    let is_whole = matches!(digits.get(length), Some(b',' | b'}' | b']'));
    let is_plain = is_whole && (length == 1 || length > 1 && digits[0] != b'0');
    is_plain.then_some(if negative { -value } else { value })
}

/// The integer that a raw number is exactly: `1.0` and `1e3` are integers, `1.5` and 2^63 are not.
pub(super) fn exact_i64(raw: &str) -> Option<i64> {
    if let Ok(plain) = raw.parse() {
        return Some(plain);
    }
    let (digits, negative) = match raw.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (raw, false),
    };
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // The value is `trimmed` times ten to the `zeros`; more zeros than 19 fit no 64 bits.
    let trimmed = significant.trim_end_matches('0');
    let dropped = significant.len() - trimmed.len();
    let exponent: i64 = exponent.parse().ok()?;
    let zeros = exponent.checked_add(dropped as i64)?.checked_sub(fraction.len() as i64)?;
    let power = 10_i128.checked_pow(u32::try_from(zeros).ok().filter(|zeros| *zeros <= 19)?)?;
    let magnitude = trimmed.parse::<i128>().ok()?.checked_mul(power)?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// The nearest double; `None` when it would be infinite.
pub(super) fn finite_f64(raw: &str) -> Option<f64> {
    raw.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_integer_is_what_any_number_is() {
        let mut small = 0;
        for number in [
            "0",
            "-0",
            "7",
            "-7",
            "10",
            "123456789012345678",
            "-999999999999999999",
            "1234567890123456789",
            "01",
            "-",
            "",
            "1.0",
            "1e3",
            "1E3",
            "-01",
            "00",
            "1 ",
            "x",
            "9223372036854775807",
            "-9223372036854775808",
        ] {
            for behind in [",", "}", "]", ""] {
                let text = format!("{number}{behind}");
                let Some(quick) = small_i64(text.as_bytes()) else { continue };
                small += 1;
                assert_eq!(Some(quick), exact_i64(number), "{text}");
                assert!(number.starts_with("-0") || number.parse() == Ok(quick), "{text}");
            }
        }
        assert_eq!(small, 7 * 3);
    }
}
