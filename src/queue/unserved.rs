//! A queue that nobody serves: the commonest mistake with this library, and a silent one.

use std::sync::Weak;
use std::time::Duration;

use tokio::runtime::Handle;

use super::{Queue, State};
use crate::log::{self, Level};

/// So long may items wait without any of them being taken.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Whether somebody looks after the queue, as seen now and then.
#[derive(Default)]
pub struct Watch {
    /// A task will look again.
    watched: bool,
    /// An item was taken since the last look.
    served: bool,
    /// Items waited from one look to the next and none was taken since.
    unserved: bool,
}

impl Watch {
    /// An item was taken.
    pub fn served(&mut self) {
        self.served = true;
        self.unserved = false;
    }
}

impl Queue {
    /// True when items have been waiting for seconds and nobody takes any.
    pub fn is_unserved(&self) -> bool {
        self.state.lock().watch.unserved
    }

    /// Has somebody look after a while. No more than one timer for a queue, however much comes; none while it is empty.
    #[inline]
    pub(super) fn watch(&self, state: &mut State) {
        if !state.watch.watched {
            self.begin_to_watch(state);
        }
    }

    #[cold]
    fn begin_to_watch(&self, state: &mut State) {
        // What is pushed from elsewhere is followed by something of the runtime's.
        let Ok(runtime) = Handle::try_current() else { return };
        state.watch = Watch { watched: true, served: false, unserved: state.watch.unserved };
        let on_watch = OnWatch(self.this.clone());
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(PATIENCE).await;
                let Some(queue) = on_watch.0.upgrade() else { return };
                if !queue.look_after() {
                    return;
                }
            }
        });
    }

    /// False when there is nothing to look after.
    pub(super) fn look_after(&self) -> bool {
        let mut state = self.state.lock();
        if state.items.is_empty() {
            let spares = std::mem::take(&mut state.spares);
            drop(state);
            drop(spares);
            return false;
        }
        let newly = !state.watch.served && !state.watch.unserved;
        state.watch.unserved = !state.watch.served;
        state.watch.served = false;
        let (items, bytes) = (state.items.len(), state.bytes);
        drop(state);
        if newly && log::enabled(Level::Warn) {
            let message = format!(
                "{items} items ({bytes} bytes) have been waiting in a queue for {} s and nobody serves it; call \
                 copilot_queue_dispatch or copilot_queue_next, or copilot_queue_start_thread",
                PATIENCE.as_secs()
            );
            log::emit(Level::Warn, "queue", &message);
        }
        true
    }
}

/// The task that looks. However it ends, the next push may begin another.
struct OnWatch(Weak<Queue>);

impl Drop for OnWatch {
    fn drop(&mut self) {
        if let Some(queue) = self.0.upgrade() {
            queue.state.lock().watch.watched = false;
        }
    }
}
