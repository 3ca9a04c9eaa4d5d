//! Results that say "no" while the call succeeded, and results whose shape differs between servers.

use std::borrow::Cow;
use std::fmt;

use super::members::{Members, ObjectText, text_of};
use super::pick::pick_lenient;
use crate::error::{Code, Error, Result};

/// The result of `ping` in the form of newer servers, whose `timestamp` is an ISO 8601 text: before CLI 1.0.57 it
/// was a number of milliseconds.
pub fn ping(result: String) -> String {
    if is_usual_pong(&result) {
        return result;
    }
    with_text_as_time(result)
}

/// `{"message":"pong","timestamp":"2026-…`, as newer servers write it.
fn is_usual_pong(result: &str) -> bool {
    let Some(rest) = result.strip_prefix(r#"{"message":""#) else { return false };
    let end = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\'));
    end.is_some_and(|end| rest[end..].starts_with(r#"","timestamp":""#))
}

fn with_text_as_time(result: String) -> String {
    let [at] = pick_lenient(&result, ["timestamp"]);
    let Some(at) = at.and_then(|at| at.parse().ok()).and_then(iso_8601) else { return result };
    let members = Members::lenient(&result);
    let rest = members.0.iter().filter(|(name, _)| name != "timestamp");
    let rest = rest.fold(ObjectText::new(), |object, (name, value)| object.raw(name, value));
    rest.text("timestamp", &at).finish()
}

/// `2026-01-31T12:00:00.000Z` for milliseconds since 1970; `None` for a year that does not have four digits.
fn iso_8601(ms: i64) -> Option<String> {
    let (days, ms) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Counted from 0000-03-01, so that the leap day is the last of its year and months have a regular length.
    let days = days.checked_add(719_468)?;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
    (0..=9999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"))
}

/// Reads the result of `session.delete`. Fails with `Session` where the server could not.
pub fn deleted(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, format_args!("delete session {session_id}"))
}

/// Reads the result of `session.setForeground`. Fails with `Session` where no terminal shows sessions.
pub fn set_foreground(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, format_args!("bring session {session_id} to the foreground"))
}

/// Reads the result of `session.abort`. Fails with `Session` where the server could not.
pub fn aborted(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, format_args!("abort session {session_id}"))
}

/// Reads the result of `session.detach` or `session.destroy`. Fails with `Session` where the server could not.
pub fn let_go(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, format_args!("let go of session {session_id}"))
}

/// Reads the result of `session.options.update`. Fails with `Session` where the server would not have it.
pub fn updated(result: &str, session_id: &str) -> Result<()> {
    succeeded(result, format_args!("set the options of session {session_id}"))
}

/// Reads the result of a declaration. Fails with `Session` where the server does not want it; `what` needs it.
pub fn declared(result: &str, what: &str) -> Result<()> {
    succeeded(result, format_args!("declare {what}"))
}

/// Reads the result of `session.getLastId`; `None` where there is no session yet.
pub fn last_session_id(result: &str) -> Option<String> {
    id(result, "sessionId")
}

/// Reads the result of `session.send`: the message's id; `None` where the server names none.
pub fn message_id(result: &str) -> Option<String> {
    id(result, "messageId")
}

fn id(result: &str, name: &str) -> Option<String> {
    let [id] = pick_lenient(result, [name]);
    id.and_then(text_of).filter(|id| !id.is_empty()).map(Cow::into_owned)
}

/// `{"success":false,"error"?}` is a refusal; anything else, null included, is not.
fn succeeded(result: &str, what: fmt::Arguments<'_>) -> Result<()> {
    let [success, reason] = pick_lenient(result, ["success", "error"]);
    if success != Some("false") {
        return Ok(());
    }
    let reason = reason.and_then(text_of).filter(|reason| !reason.is_empty());
    let reason = reason.as_deref().unwrap_or("the CLI gave no reason");
    Err(Error::new(Code::Session, format!("Failed to {what}: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_an_error() {
        let refused = r#"{"success":false,"error":"Session file not found"}"#;
        type Reader = fn(&str, &str) -> Result<()>;
        let readers: [(Reader, &str); 5] = [
            (deleted, "Failed to delete session s: Session file not found"),
            (set_foreground, "Failed to bring session s to the foreground: Session file not found"),
            (aborted, "Failed to abort session s: Session file not found"),
            (updated, "Failed to set the options of session s: Session file not found"),
            (let_go, "Failed to let go of session s: Session file not found"),
        ];
        for (read, message) in readers {
            let error = read(refused, "s").unwrap_err();
            assert_eq!((error.code(), error.message()), (Code::Session, message));
            let silent = read(r#"{"success":false,"error":null}"#, "s").unwrap_err();
            assert!(silent.message().ends_with(": the CLI gave no reason"), "{silent}");
            for fine in [r#"{"success":true}"#, "{}", "null", r#"{"success":null}"#] {
                assert!(read(fine, "s").is_ok(), "{fine}");
            }
        }
    }

    #[test]
    fn a_ping_looks_alike_in_both_generations() {
        let new = r#"{"message":"pong: x","timestamp":"2026-01-31T12:00:00.000Z","protocolVersion":3}"#;
        assert_eq!(ping(new.to_owned()), new);
        let old = r#"{"message":"pong: x","timestamp":1769860800123,"protocolVersion":2}"#;
        let expected = r#"{"message":"pong: x","protocolVersion":2,"timestamp":"2026-01-31T12:00:00.123Z"}"#;
        assert_eq!(ping(old.to_owned()), expected);
        for odd in ["null", "{}", r#"{"timestamp":1.5}"#, r#"{"timestamp":9223372036854775807}"#] {
            assert_eq!(ping(odd.to_owned()), odd);
        }
    }

    #[test]
    fn a_usual_pong_is_one_whose_time_is_a_text() {
        for message in ["", "pong", "\u{e9} , :", r#"\",\"timestamp\":7,\""#, r"\\"] {
            for time in ["7", "null", r#""2026""#, r#""7""#] {
                let result = format!(r#"{{"message":"{message}","timestamp":{time}}}"#);
                assert_eq!(ping(result.clone()), with_text_as_time(result.clone()), "{result}");
                assert_eq!(
                    is_usual_pong(&result),
                    time.starts_with('"') && !message.contains('\\'),
                    "{result}"
                );
            }
        }
    }

    #[test]
    fn dates_as_the_calendar_has_them() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(iso_8601(ms).as_deref(), Some(expected));
        }
        assert_eq!(iso_8601(i64::MAX), None);
    }

    #[test]
    fn ids_that_may_be_missing() {
        assert_eq!(last_session_id(r#"{"sessionId":"s"}"#).as_deref(), Some("s"));
        assert_eq!(message_id(r#"{"messageId":"m"}"#).as_deref(), Some("m"));
        for none in ["{}", "null", r#"{"sessionId":null,"messageId":""}"#] {
            assert_eq!(last_session_id(none), None);
            assert_eq!(message_id(none), None);
        }
    }
}
