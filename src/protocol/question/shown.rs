//! What the program is shown of a question.

use std::fmt;
use std::ops::Deref;

use crate::json::Json;

/// The params of a question, together with the document that reads them. What they name, decoded, stands before them in the
/// same memory.
pub struct Shown {
    json: Json,
    /// How long the names are; that of the request comes first.
    request_id: Option<usize>,
    tool_name: Option<usize>,
}

impl Shown {
    /// Params with the names that are found in them.
    pub fn new(request_id: Option<&str>, tool_name: Option<&str>, params: &str) -> Shown {
        let names = [request_id.unwrap_or_default(), tool_name.unwrap_or_default()];
        let start = names.map(str::len).iter().sum();
        // With room for the NUL that ends a document.
        let mut text = String::with_capacity(start + params.len() + 1);
        [names[0], names[1], params].into_iter().for_each(|part| text.push_str(part));
        let all = start..text.len();
        Shown {
            json: Json::of_part(text, all),
            request_id: request_id.map(str::len),
            tool_name: tool_name.map(str::len),
        }
    }

    /// Other params with the same names.
    pub fn with(&self, params: &str) -> Shown {
        Shown::new(self.request_id(), self.tool_name(), params)
    }

    /// The document.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The question's id, where it has one.
    pub fn request_id(&self) -> Option<&str> {
        self.json.text_before().get(..self.request_id?)
    }

    /// The name of the tool that is to be called.
    pub fn tool_name(&self) -> Option<&str> {
        let start = self.request_id.unwrap_or(0);
        self.json.text_before().get(start..start + self.tool_name?)
    }
}

impl Deref for Shown {
    type Target = str;

    fn deref(&self) -> &str {
        self.json.text()
    }
}

impl Clone for Shown {
    fn clone(&self) -> Shown {
        self.with(self)
    }
}

impl PartialEq for Shown {
    fn eq(&self, other: &Shown) -> bool {
        (self.request_id(), self.tool_name(), &**self) == (other.request_id(), other.tool_name(), &**other)
    }
}

impl Eq for Shown {}

impl PartialEq<&str> for Shown {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json.fmt(f)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
