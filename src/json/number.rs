//! Numbers as they are spelled.

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
