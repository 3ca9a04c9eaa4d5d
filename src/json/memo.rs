//! What C was told of a document: decoded strings in memory that is used again, found by the pointer they were asked
//! with.
//!
//! A document that is renewed for one event after the other is mostly asked the same of texts that mostly begin alike.
//! So a memo outlives the text: where the next one begins like the one in which a string was found, the string is where
//! it was ([`Proof`]).

use std::borrow::Cow;
use std::mem;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::ctext::{CText, last_word, put, put_string, words_for};
use super::escape::{unescape, unescape_into};
use super::proof::Proof;
use super::texts::Texts;

/// How many strings of a new document are found by their pointer, and of any at most.
const FEW: usize = 3;
const MANY: usize = 16;

/// The longest pointer that is remembered: `/data/deltaContent` has 18 bytes.
const POINTER: usize = 24;

/// The longest string that is kept here.
const LONGEST: usize = 4096;

/// How much memory a new memo has, and one may have at most, in words.
const FIRST: usize = 32;
const MOST: usize = 2048;

/// The place of a string that is among the document's [`Texts`].
const ELSEWHERE: usize = usize::MAX;

/// Strings that C may read for as long as the text stays.
///
/// Getting one that is there needs no lock: whatever is published is complete and does not change. Putting one in is
/// for one thread at a time.
pub(super) struct Memo {
    /// Filled from the first on.
    answers: Box<[Answer]>,
    /// The memory of the strings. What was handed out is not written again before the text goes.
    words: Box<[AtomicU64]>,
    filling: Mutex<Filling>,
}

/// What is needed to put something in.
#[derive(Default)]
struct Filling {
    /// How many words are handed out, and how many more were wanted.
    used: usize,
    /// Strings with escapes are decoded here first.
    decoded: String,
}

/// A question, as something that is quickly compared: where the value begins that it is asked of, how long the pointer
/// is, and all of its bytes, some of them twice.
struct Question([u64; 4]);

impl Question {
    /// The question that a pointer asks of the value at `base`; `None` when it is too long to be remembered.
    #[inline(always)]
    fn new(base: usize, pointer: &[u8]) -> Option<Question> {
        let length = pointer.len();
        let first = (base as u64) << 8 | length as u64;
        match length.checked_sub(8) {
            None => Some(Question([first, last_word(pointer, pointer), 0, 0])),
            Some(last) if length <= POINTER => {
                let word = |at: usize| {
                    let word = pointer.get(at..).and_then(|rest| rest.first_chunk());
                    word.map_or(0, |word| u64::from_le_bytes(*word))
                };
                Some(Question([first, word(0), word(last.min(8)), word(last)]))
            }
            Some(_) => None,
        }
    }
}

/// A string as it is spelled, quotes left out.
#[derive(Clone, Copy)]
pub(super) struct Raw<'t> {
    /// The number that stands for it: the offset of its opening quote.
    pub key: usize,
    /// The text it is in, and where.
    pub source: &'t str,
    pub start: usize,
    pub end: usize,
    /// True when there is no escape in it.
    pub plain: bool,
}

impl<'t> Raw<'t> {
    fn text(&self) -> Option<&'t str> {
        self.source.get(self.start..self.end)
    }

    /// What it stands for.
    fn decoded(&self) -> Option<Cow<'t, str>> {
        if self.plain { self.text().map(Cow::Borrowed) } else { unescape(self.text()?) }
    }
}

/// What the memo knows of a question.
pub(super) enum Recalled<'a> {
    Known(CText<'a>),
    /// The answer was found in an earlier text.
    Foretold(&'a Answer),
    Unknown,
}

/// A question and its answer.
#[derive(Default)]
pub(super) struct Answer {
    /// One of the constants below.
    state: AtomicU8,
    question: [AtomicU64; 4],
    /// The number of the string, where it is, and how long.
    key: AtomicUsize,
    place: AtomicUsize,
    size: AtomicUsize,
    /// How a text must begin for the string to be where it was.
    proof: Proof,
}

/// Nothing was asked yet.
const FREE: u8 = 0;
/// It was asked of an earlier text, whose beginning is known.
const FORETOLD: u8 = 1;
/// The string is there.
const KNOWN: u8 = 2;
/// The string is there, and began where the earlier text's did.
const PROVEN: u8 = 3;

impl Default for Memo {
    fn default() -> Memo {
        Memo { answers: blank(FEW), words: blank(FIRST), filling: Mutex::default() }
    }
}

/// So many of them, with nothing in them.
fn blank<T: Default>(count: usize) -> Box<[T]> {
    std::iter::repeat_with(T::default).take(count).collect()
}

impl Memo {
    /// What is known of the question that the pointer asks of the value at `base`.
    #[inline(always)]
    pub fn recall<'a>(&'a self, texts: &'a Texts, base: usize, pointer: &[u8]) -> Recalled<'a> {
        let [first, others @ ..] = &*self.answers else { return Recalled::Unknown };
        // What is asked of one event after the other comes first.
        match (first.state.load(Ordering::Acquire), Question::new(base, pointer)) {
            (FREE, _) | (_, None) => Recalled::Unknown,
            (state, Some(question)) if first.is_to(&question) => self.recalled(texts, first, state),
            _ => self.recall_among(others, texts, base, pointer),
        }
    }

    #[inline(never)]
    fn recall_among<'a>(
        &'a self,
        answers: &'a [Answer],
        texts: &'a Texts,
        base: usize,
        pointer: &[u8],
    ) -> Recalled<'a> {
        let Some(question) = Question::new(base, pointer) else { return Recalled::Unknown };
        for answer in answers {
            match answer.state.load(Ordering::Acquire) {
                FREE => break,
                state if answer.is_to(&question) => return self.recalled(texts, answer, state),
                _ => {}
            }
        }
        Recalled::Unknown
    }

    #[inline(always)]
    fn recalled<'a>(&'a self, texts: &'a Texts, answer: &'a Answer, state: u8) -> Recalled<'a> {
        if state == FORETOLD {
            return Recalled::Foretold(answer);
        }
        self.lend(texts, answer).map_or(Recalled::Unknown, Recalled::Known)
    }

    /// The string of this number, if it is there, whatever it was asked by.
    #[inline(always)]
    fn get<'a>(&'a self, texts: &'a Texts, key: usize) -> Option<CText<'a>> {
        for answer in &*self.answers {
            match answer.state.load(Ordering::Acquire) {
                FREE => break,
                FORETOLD => {}
                _ if answer.key.load(Ordering::Relaxed) == key => return self.lend(texts, answer),
                _ => {}
            }
        }
        texts.get(key)
    }

    /// Puts a string in, decoded, as the answer to the question that the pointer asks of the value at `base`. One that
    /// is there already stays and is returned.
    ///
    /// `None` when there is a bad escape in it.
    pub fn keep<'a>(
        &'a self,
        texts: &'a Texts,
        base: usize,
        pointer: &[u8],
        raw: Raw<'_>,
    ) -> Option<CText<'a>> {
        let mut filling = self.filling.lock();
        if let Some(text) = self.get(texts, raw.key) {
            return Some(text);
        }
        let Some(answer) = Question::new(base, pointer).and_then(|question| self.answer_to(&question)) else {
            return Some(texts.insert(raw.key, raw.decoded()?));
        };
        let plain = raw.source.as_bytes().get(raw.start..raw.end)?;
        if plain.len() > LONGEST {
            return self.keep_elsewhere(texts, answer, raw.key, raw.decoded()?);
        }
        let Filling { used, decoded } = &mut *filling;
        let text = if raw.plain { plain } else { decode(raw.text()?, decoded)? };
        let place = *used;
        *used += words_for(text.len());
        let Some(words) = self.words.get(place..*used) else {
            return self.keep_elsewhere(texts, answer, raw.key, String::from_utf8_lossy(text));
        };
        put(text, words);
        answer.publish(raw.key, place, text.len(), false);
        Some(CText::of_words(words, text.len()))
    }

    /// Puts in the string that an answer foretold, if it is there and has no escapes in it, and nobody else puts
    /// something in. `None` says only that it must be searched.
    #[inline(always)]
    pub fn keep_foretold<'a>(
        &'a self,
        texts: &Texts,
        answer: &Answer,
        base: usize,
        document: &[u8],
    ) -> Option<CText<'a>> {
        let quote = answer.proof.find(document)?;
        let raw = document.get(quote + 1..)?;
        let key = base + quote;
        let mut filling = self.filling.try_lock()?;
        let is_empty = filling.used == 0 && texts.is_empty();
        if !is_empty && self.get(texts, key).is_some() {
            return None;
        }
        let place = filling.used;
        let words = self.words.get(place..)?;
        let size = put_string(raw, words)?;
        filling.used = place + words_for(size);
        answer.publish(key, place, size, true);
        Some(CText::of_words(words, size))
    }

    /// Puts a string among the document's texts, for which there is no room here.
    #[cold]
    fn keep_elsewhere<'a>(
        &self,
        texts: &'a Texts,
        answer: &Answer,
        key: usize,
        text: Cow<'_, str>,
    ) -> Option<CText<'a>> {
        let text = texts.insert(key, text);
        answer.publish(key, ELSEWHERE, text.len(), false);
        Some(text)
    }

    /// Where to put the answer; `None` when there is no room.
    fn answer_to(&self, question: &Question) -> Option<&Answer> {
        for answer in &*self.answers {
            match answer.state.load(Ordering::Relaxed) {
                FREE => {
                    answer.learn(question);
                    return Some(answer);
                }
                FORETOLD if answer.is_to(question) => return Some(answer),
                _ => {}
            }
        }
        None
    }

    #[inline(always)]
    fn lend<'a>(&'a self, texts: &'a Texts, answer: &Answer) -> Option<CText<'a>> {
        let (place, size) = (answer.place.load(Ordering::Relaxed), answer.size.load(Ordering::Relaxed));
        match self.words.get(place..) {
            Some(words) => Some(CText::of_words(words, size)),
            None => texts.get(answer.key.load(Ordering::Relaxed)),
        }
    }

    /// What [`Memo::renew`] comes to where the former text was asked for one string and had it where it was foretold.
    /// False, and nothing is done, where it was not like that.
    #[inline(always)]
    pub fn renew_as_usual(&mut self, next: usize) -> bool {
        let [first, second, ..] = &mut *self.answers else { return false };
        if *first.state.get_mut() != PROVEN || !second.is_free() {
            return false;
        }
        // It found room for its string, so no more was wanted than there is.
        self.filling.get_mut().used = 0;
        first.proof.confirm();
        first.ask_at(next);
        true
    }

    /// Gets ready for another text, in which the document begins at `next`. The former one began at `base` of its
    /// text and was `document`.
    pub fn renew(&mut self, document: &[u8], base: usize, next: usize) {
        let wanted = mem::take(&mut self.filling.get_mut().used);
        if wanted > self.words.len() && self.words.len() < MOST {
            self.words = blank(wanted.next_power_of_two().min(MOST));
        }
        let crowded = self.answers.last_mut().is_some_and(|answer| !answer.is_free());
        let many = self.answers.len() == MANY;
        let mut kept = 0;
        for index in 0..self.answers.len() {
            let answer = &mut self.answers[index];
            if answer.is_free() {
                break;
            }
            if answer.outlives(document, base, crowded && many) {
                answer.ask_at(next);
                // Most stay where they are.
                if kept != index {
                    self.answers.swap(kept, index);
                }
                kept += 1;
            } else {
                answer.forget();
            }
        }
        if crowded && !many {
            let mut more = mem::take(&mut self.answers).into_vec();
            more.resize_with(MANY, Answer::default);
            self.answers = more.into();
        }
    }
}

/// What the escapes of a string stand for.
#[cold]
fn decode<'d>(raw: &str, decoded: &'d mut String) -> Option<&'d [u8]> {
    decoded.clear();
    unescape_into(raw, decoded)?;
    Some(decoded.as_bytes())
}

impl Answer {
    #[inline(always)]
    fn is_to(&self, Question(asked): &Question) -> bool {
        let same = |(noted, word): (&AtomicU64, &u64)| noted.load(Ordering::Relaxed) == *word;
        self.question.iter().zip(asked).all(same)
    }

    /// Where the value begins that it was asked of.
    fn base(&mut self) -> usize {
        (*self.question[0].get_mut() >> 8) as usize
    }

    fn learn(&self, Question(asked): &Question) {
        for (noted, word) in self.question.iter().zip(asked) {
            noted.store(*word, Ordering::Relaxed);
        }
    }

    fn is_free(&mut self) -> bool {
        *self.state.get_mut() == FREE
    }

    fn forget(&mut self) {
        *self.state.get_mut() = FREE;
        self.proof.forget();
    }

    /// Foretells the same string of the value that begins here.
    fn ask_at(&mut self, base: usize) {
        let first = self.question[0].get_mut();
        *first = (base as u64) << 8 | *first & 0xff;
        *self.state.get_mut() = FORETOLD;
    }

    /// Tells all threads that the string is there.
    #[inline]
    fn publish(&self, key: usize, place: usize, size: usize, proven: bool) {
        self.key.store(key, Ordering::Relaxed);
        self.place.store(place, Ordering::Relaxed);
        self.size.store(size, Ordering::Relaxed);
        self.state.store(if proven { PROVEN } else { KNOWN }, Ordering::Release);
    }

    /// Whether the answer is worth keeping for another text; if so, its proof is there.
    fn outlives(&mut self, document: &[u8], base: usize, crowded: bool) -> bool {
        match *self.state.get_mut() {
            FORETOLD => !crowded,
            PROVEN => {
                self.proof.confirm();
                true
            }
            _ => {
                let quote = self.key.get_mut().wrapping_sub(base);
                let beginning = document.get(..=quote).filter(|_| quote > 0 && self.base() == base);
                beginning.is_some_and(|beginning| self.proof.learn(beginning))
            }
        }
    }
}
