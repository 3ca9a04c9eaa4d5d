//! The server's ids of questions.

use std::fmt;

/// An id. Those of the CLIs have 36 bytes, for which nothing is allocated.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(Bytes);

#[derive(Clone, PartialEq, Eq)]
enum Bytes {
    /// What is behind the id is 0.
    Short {
        length: u8,
        bytes: [u8; SHORT],
    },
    Long(Box<[u8]>),
}

/// With what else is in it, it comes to 40 bytes.
const SHORT: usize = 38;

impl RequestId {
    /// This id.
    pub fn of(id: &str) -> RequestId {
        let mut bytes = [0; SHORT];
        RequestId(match bytes.get_mut(..id.len()) {
            Some(beginning) => {
                beginning.copy_from_slice(id.as_bytes());
                Bytes::Short { length: id.len() as u8, bytes }
            }
            None => Bytes::Long(id.as_bytes().into()),
        })
    }

    /// True for this one.
    pub fn is(&self, id: &str) -> bool {
        self.bytes() == id.as_bytes()
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or_default() // it was one
    }

    fn bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Bytes::Long(bytes) => bytes,
        }
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_length_is_itself_and_no_other() {
        let ids: Vec<String> =
            (0..60).map(|length| "\u{e9}".repeat(length / 2) + &"x".repeat(length % 2)).collect();
        for one in &ids {
            let id = RequestId::of(one);
            assert_eq!(id.as_str(), one);
            for other in &ids {
                assert_eq!(id.is(other), one == other);
                assert_eq!(id == RequestId::of(other), one == other);
            }
            assert!(!id.is(&format!("{one}\0")));
            assert_ne!(id, RequestId::of(&format!("{one}\0")));
        }
        assert!(size_of::<RequestId>() <= 40);
    }
}
