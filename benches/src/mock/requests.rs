//! What the mock reads of a request.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A request, or a notification when there is no id.
#[derive(Deserialize)]
pub struct Request<'a> {
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub method: Cow<'a, str>,
    #[serde(default)]
    pub params: Params,
}

/// The parameters that mean something to the mock.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Params {
    pub session_id: Option<String>,
    pub message: Option<String>,
    pub prompt: String,
    pub request_id: Option<String>,
}
