//! What the program is shown of a question.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use crate::json::Json;

/// A JSON text, together with the document that reads it.
pub struct Shown(Json);

impl Shown {
    /// The document.
    pub fn json(&self) -> &Json {
        &self.0
    }
}

impl Deref for Shown {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.text()
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Shown {
        Shown(Json::from_trusted(text))
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Shown {
        Shown(Json::from_trusted(text))
    }
}

impl From<Cow<'_, str>> for Shown {
    fn from(text: Cow<'_, str>) -> Shown {
        Shown(Json::from_trusted(text))
    }
}

impl Clone for Shown {
    fn clone(&self) -> Shown {
        Shown::from(&**self)
    }
}

impl PartialEq for Shown {
    fn eq(&self, other: &Shown) -> bool {
        **self == **other
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
        self.0.fmt(f)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
