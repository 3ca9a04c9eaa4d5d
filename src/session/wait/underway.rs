//! Calls of one kind that are on their way.

use std::sync::OnceLock;

use tokio::sync::watch;

/// How many calls have no reply yet; nothing before the first one.
#[derive(Default)]
pub struct Underway(OnceLock<watch::Sender<usize>>);

/// A call that has no reply yet.
pub struct Unanswered(watch::Sender<usize>);

impl Underway {
    /// One more.
    pub fn begin(&self) -> Unanswered {
        let calls = self.0.get_or_init(watch::Sender::default);
        calls.send_modify(|calls| *calls += 1);
        Unanswered(calls.clone())
    }

    /// True while there is none.
    pub fn is_over(&self) -> bool {
        self.0.get().is_none_or(|calls| *calls.borrow() == 0)
    }

    /// Waits until there is none.
    pub async fn over(&self) {
        let Some(calls) = self.0.get() else { return };
        // It fails when the sender is gone, which is here.
        let _ = calls.subscribe().wait_for(|calls| *calls == 0).await;
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.send_modify(|calls| *calls -= 1);
    }
}
