//! JSON text: the raw text is the truth, and reading it is lazy.

pub mod scan;
