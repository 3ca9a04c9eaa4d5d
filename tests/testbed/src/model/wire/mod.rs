//! Answers as the model's APIs have them: the pieces of a stream, or one object.

mod completions;
mod messages;
mod responses;

use super::step::Answer;
use serde_json::Value;

/// The APIs by which a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// `/chat/completions`, of OpenAI and Azure.
    Completions,
    /// `/responses`, of OpenAI.
    Responses,
    /// `/messages`, of Anthropic.
    Messages,
}

/// What the request says about the answer's form.
pub(super) struct Form<'a> {
    pub model: &'a str,
    /// Unique per answer of this server.
    pub number: u64,
    /// Whether a stream of completions ends with the usage; the other APIs always tell it.
    pub with_usage: bool,
}

/// A fixed time keeps recordings of two runs equal.
const CREATED: u64 = 1_700_000_000;

/// The events of a streamed answer, in order, and what ends the stream.
pub(super) fn stream(api: Api, answer: &Answer, form: &Form) -> (Vec<String>, &'static str) {
    let data = |piece: Value| format!("data: {piece}\n\n");
    let named =
        |piece: Value| format!("event: {}\ndata: {piece}\n\n", piece["type"].as_str().unwrap_or_default());
    match api {
        Api::Completions => {
            (completions::chunks(answer, form).into_iter().map(data).collect(), "data: [DONE]\n\n")
        }
        Api::Responses => (responses::events(answer, form).into_iter().map(named).collect(), ""),
        Api::Messages => (messages::events(answer, form).into_iter().map(named).collect(), ""),
    }
}

/// An answer that is not streamed.
pub(super) fn whole(api: Api, answer: &Answer, form: &Form) -> Value {
    match api {
        Api::Completions => completions::whole(answer, form),
        Api::Responses => responses::whole(answer, form),
        Api::Messages => messages::whole(answer, form),
    }
}

/// A text in two parts, so that a reader has to put them together.
fn halves(text: &str) -> [&str; 2] {
    let mut middle = text.len() / 2;
    while !text.is_char_boundary(middle) {
        middle += 1;
    }
    let (head, tail) = text.split_at(middle);
    [head, tail]
}

fn call_id(form: &Form, index: usize) -> String {
    format!("call_{}_{index}", form.number)
}
