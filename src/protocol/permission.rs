//! Decisions on permissions, in either of the vocabularies that servers have had.

use super::members::{Members, ObjectText, type_name, user_json};
use super::server::PermissionWords;
use crate::error::{Error, Result};

/// A word of the vocabularies.
struct Word {
    kind: &'static str,
    /// The vocabulary that it is of.
    of: PermissionWords,
    /// What it becomes in the other one.
    other: &'static str,
    /// Members that the server fails the tool without.
    needs: &'static [&'static str],
}

const NOBODY_TO_ASK: &str = "denied-no-approval-rule-and-could-not-request-from-user";

const WORDS: [Word; 10] = [
    new("approve-once", "approved", &[]),
    // An old server knows no lasting approval: it approves this once and asks again, which is the safe side.
    new("approve-for-session", "approved", &[]),
    new("approve-for-location", "approved", &["approval", "locationKey"]),
    new("approve-permanently", "approved", &["domain"]),
    new("reject", "denied-interactively-by-user", &[]),
    new("user-not-available", NOBODY_TO_ASK, &[]),
    old("approved", "approve-once"),
    // With feedback (see `translated`): an old server goes on after a denial by rules, while a bare `reject` would
    // end the turn.
    old("denied-by-rules", "reject"),
    old(NOBODY_TO_ASK, "user-not-available"),
    old("denied-interactively-by-user", "reject"),
];

const fn new(kind: &'static str, other: &'static str, needs: &'static [&'static str]) -> Word {
    Word { kind, of: PermissionWords::New, other, needs }
}

const fn old(kind: &'static str, other: &'static str) -> Word {
    Word { kind, of: PermissionWords::Old, other, needs: &[] }
}

/// A decision in the server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The result object, and the context beside it where the program gave one.
    Result {
        /// `{"kind":…}` with what belongs to it.
        result: String,
        /// `decisionContext`, which only servers with the new words take.
        context: Option<String>,
    },
    /// "no-result": another client shall answer.
    NoResult,
}

/// Reads the program's decision, `{"kind":…}` with any of the words of either vocabulary and an optional
/// `decisionContext`, and puts it into the server's words. Fails with `InvalidJson`, or with `InvalidArgument` that
/// lists the legal kinds.
pub fn decision(json: &str, words: PermissionWords) -> Result<Decision> {
    let json = user_json(json, "the permission decision")?;
    let Some(members) = Members::read(json) else {
        return Err(refuse(format!("must be an object with a \"kind\", but is {}", type_name(json))));
    };
    let Some(kind) = members.text("kind") else {
        return Err(refuse(format!("has no \"kind\"; it is one of {}", legal_kinds())));
    };
    if kind == "no-result" {
        return Ok(Decision::NoResult);
    }
    let Some(word) = WORDS.iter().find(|word| word.kind == kind) else {
        let shown: String = kind.chars().take(60).collect();
        return Err(refuse(format!("has the unknown kind {shown:?}; it is one of {}", legal_kinds())));
    };
    if let Some(missing) =
        word.needs.iter().find(|name| members.get(name).is_none_or(|value| value == "null"))
    {
        return Err(refuse(format!("\"{kind}\" needs \"{missing}\" beside it")));
    }
    let context = members.get("decisionContext").filter(|value| *value != "null");
    if let Some(wrong) = context.filter(|value| type_name(value) != "an object") {
        return Err(refuse(format!("/decisionContext must be an object, but is {}", type_name(wrong))));
    }
    let result = if word.of == words { as_given(&members) } else { translated(word, &members) };
    let context = context.filter(|_| words == PermissionWords::New).map(String::from);
    Ok(Decision::Result { result, context })
}

/// What a program that denies everything answers; the feedback makes the turn go on.
pub const DENIAL: &str = r#"{"kind":"reject","feedback":"This program does not permit it."}"#;

/// What a program answers that may not decide.
pub const UNAVAILABLE: &str = r#"{"kind":"user-not-available"}"#;

/// What a program that approves everything answers to the params of this question. Where an organisation wants a
/// person to decide, or something else than a boolean stands in that place, it does not.
pub fn approval(params: &str) -> &'static str {
    let request = Members::lenient(params);
    let request = Members::lenient(request.get("permissionRequest").unwrap_or("{}"));
    match request.get("managedApprovalRequired") {
        None | Some("null" | "false") => r#"{"kind":"approve-once"}"#,
        Some(_) => r#"{"kind":"no-result"}"#,
    }
}

/// The decision that says nobody was there to decide, in the server's words: denied, and the turn goes on.
pub fn nobody(words: PermissionWords) -> String {
    let kind = match words {
        PermissionWords::Old => NOBODY_TO_ASK,
        PermissionWords::New => "user-not-available",
    };
    ObjectText::new().text("kind", kind).finish()
}

fn as_given(members: &Members<'_>) -> String {
    let mut object = ObjectText::new();
    for (name, value) in members.0.iter().filter(|(name, _)| name != "decisionContext") {
        object = object.raw(name, value);
    }
    object.finish()
}

/// What else the given word had beside it means nothing in the other vocabulary, but for the user's feedback.
fn translated(word: &Word, members: &Members<'_>) -> String {
    let object = ObjectText::new().text("kind", word.other);
    let feedback = match word.kind {
        "reject" | "denied-interactively-by-user" => members.text("feedback"),
        "denied-by-rules" => Some(String::from("Denied by rules")),
        _ => None,
    };
    match feedback {
        Some(feedback) => object.text("feedback", &feedback).finish(),
        None => object.finish(),
    }
}

fn legal_kinds() -> String {
    let kinds = WORDS.iter().map(|word| format!("\"{}\"", word.kind));
    kinds.chain([String::from("\"no-result\"")]).collect::<Vec<_>>().join(", ")
}

fn refuse(problem: String) -> Error {
    Error::invalid_argument(format!("the permission decision: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::PermissionWords::{New, Old};
    use super::*;
    use crate::error::Code;

    #[test]
    fn what_a_person_must_decide_is_not_approved() {
        let of = |more: &str| approval(&format!(r#"{{"permissionRequest":{{"kind":"shell"{more}}}}}"#));
        for fine in ["", r#","managedApprovalRequired":false"#, r#","managedApprovalRequired":null"#] {
            assert_eq!(of(fine), r#"{"kind":"approve-once"}"#, "{fine}");
        }
        for not in ["true", "1", "\"no\"", "{}"] {
            let more = format!(r#","managedApprovalRequired":{not}"#);
            assert_eq!(of(&more), r#"{"kind":"no-result"}"#, "{not}");
        }
        assert!(decision(DENIAL, Old).is_ok() && decision(UNAVAILABLE, New).is_ok());
    }

    fn put(json: &str, words: PermissionWords) -> (String, Option<String>) {
        match decision(json, words).unwrap() {
            Decision::Result { result, context } => (result, context),
            Decision::NoResult => panic!("no result for {json}"),
        }
    }

    #[test]
    fn every_word_in_every_vocabulary() {
        let could_not = r#"{"kind":"denied-no-approval-rule-and-could-not-request-from-user"}"#;
        let reject_of_rules = r#"{"kind":"reject","feedback":"Denied by rules"}"#;
        for (given, on_new, on_old) in [
            (r#"{"kind":"approve-once"}"#, None, Some(r#"{"kind":"approved"}"#)),
            (r#"{"kind":"approve-for-session","approval":{"a":1}}"#, None, Some(r#"{"kind":"approved"}"#)),
            (
                r#"{"kind":"approve-for-location","approval":{},"locationKey":"k"}"#,
                None,
                Some(r#"{"kind":"approved"}"#),
            ),
            (r#"{"kind":"approve-permanently","domain":"d"}"#, None, Some(r#"{"kind":"approved"}"#)),
            (r#"{"kind":"reject"}"#, None, Some(r#"{"kind":"denied-interactively-by-user"}"#)),
            (
                r#"{"kind":"reject","feedback":"f"}"#,
                None,
                Some(r#"{"kind":"denied-interactively-by-user","feedback":"f"}"#),
            ),
            (r#"{"kind":"user-not-available"}"#, None, Some(could_not)),
            (r#"{"kind":"approved","rules":[]}"#, Some(r#"{"kind":"approve-once"}"#), None),
            (r#"{"kind":"denied-by-rules","rules":[1]}"#, Some(reject_of_rules), None),
            (could_not, Some(r#"{"kind":"user-not-available"}"#), None),
            (r#"{"kind":"denied-interactively-by-user"}"#, Some(r#"{"kind":"reject"}"#), None),
            (
                r#"{"kind":"denied-interactively-by-user","feedback":"f"}"#,
                Some(r#"{"kind":"reject","feedback":"f"}"#),
                None,
            ),
        ] {
            assert_eq!(put(given, New).0, on_new.unwrap_or(given));
            assert_eq!(put(given, Old).0, on_old.unwrap_or(given));
        }
        for words in [Old, New] {
            assert_eq!(decision(r#"{"kind":"no-result"}"#, words).unwrap(), Decision::NoResult);
            // Whatever the library says by itself is a word the program may say too.
            assert_eq!(put(&nobody(words), words).0, nobody(words));
        }
    }

    #[test]
    fn the_context_goes_beside_the_result_and_only_to_those_who_know_it() {
        let json = r#"{"decisionContext":{"outcome":"prompted_user"},"kind":"approve-once"}"#;
        let context = Some(String::from(r#"{"outcome":"prompted_user"}"#));
        assert_eq!(put(json, New), (String::from(r#"{"kind":"approve-once"}"#), context));
        assert_eq!(put(json, Old), (String::from(r#"{"kind":"approved"}"#), None));
    }

    #[test]
    fn says_what_it_wants() {
        for (json, part) in [
            ("true", "must be an object with a \"kind\", but is a boolean"),
            ("{}", "has no \"kind\"; it is one of \"approve-once\""),
            (r#"{"kind":1}"#, "has no \"kind\""),
            (r#"{"kind":"approve"}"#, "has the unknown kind \"approve\"; it is one of \"approve-once\""),
            (r#"{"kind":"approve-for-location","approval":{}}"#, "needs \"locationKey\" beside it"),
            (r#"{"kind":"approve-for-location","locationKey":"x"}"#, "needs \"approval\" beside it"),
            (r#"{"kind":"approve-permanently","domain":null}"#, "needs \"domain\" beside it"),
            (
                r#"{"kind":"approved","decisionContext":1}"#,
                "/decisionContext must be an object, but is a number",
            ),
        ] {
            let error = decision(json, New).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(error.message().contains(part), "{error}");
        }
        let all = decision("{}", Old).unwrap_err();
        for word in WORDS.iter().map(|word| word.kind).chain(["no-result"]) {
            assert!(all.message().contains(&format!("\"{word}\"")), "{word}");
        }
    }
}
