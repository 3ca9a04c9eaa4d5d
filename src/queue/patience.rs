//! When a wait is over, asked once for each item that is run meanwhile.

use std::time::{Duration, Instant};

use super::serve::Deadline;

/// So many questions are answered by one look at the clock, as long as items take next to no time.
const AT_ONCE: u32 = 16;
const NEXT_TO_NO_TIME: Duration = Duration::from_millis(1);

/// A deadline, and when the clock was looked at.
pub struct Patience {
    deadline: Deadline,
    looked: Option<Instant>,
    unasked: u32,
}

impl Patience {
    /// Lasts until then.
    pub fn until(deadline: Deadline) -> Patience {
        Patience { deadline, looked: None, unasked: 0 }
    }

    /// True when it is over: to the point before a wait, and soon enough between items.
    pub fn is_over(&mut self) -> bool {
        let Some(deadline) = self.deadline else { return false };
        if self.unasked > 0 {
            self.unasked -= 1;
            return false;
        }
        let now = Instant::now();
        let is_quick = self.looked.is_some_and(|looked| now - looked < NEXT_TO_NO_TIME);
        self.unasked = if is_quick { AT_ONCE } else { 0 };
        self.looked = Some(now);
        now >= deadline
    }

    /// The same at this very moment.
    pub fn is_over_now(&mut self) -> bool {
        self.unasked = 0;
        self.is_over()
    }
}

#[cfg(all(test, not(copilot_loom)))]
mod tests {
    use super::*;

    #[test]
    fn it_ends_in_time_and_never_without_a_deadline() {
        assert!((0..1000).all(|_| !Patience::until(None).is_over_now()));
        let mut over = Patience::until(Some(Instant::now()));
        assert!(over.is_over());
        let mut patience = Patience::until(Some(Instant::now() + Duration::from_millis(20)));
        let asked = (0..u64::MAX).find(|_| patience.is_over()).unwrap();
        assert!(asked > 100, "the clock was looked at {asked} times at the most");
        assert!(patience.is_over_now());
    }

    #[test]
    fn where_items_take_their_time_every_question_looks_at_the_clock() {
        let mut patience = Patience::until(Some(Instant::now() + Duration::from_millis(30)));
        let begun = Instant::now();
        while !patience.is_over() {
            std::thread::sleep(Duration::from_millis(5));
            assert!(begun.elapsed() < Duration::from_secs(20));
        }
        assert_eq!(patience.unasked, 0);
    }
}
