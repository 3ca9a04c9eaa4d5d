//! A thread that lasts as long as the runtime.

use std::io;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use super::with_all_blocked;

type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs in turn. Dropping it waits for those that were given to it.
pub(super) struct LastingThread {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl LastingThread {
    pub(super) fn start() -> io::Result<LastingThread> {
        let (jobs, given) = mpsc::channel::<Job>();
        let body = move || given.into_iter().for_each(|job| job());
        let builder = thread::Builder::new().name("copilot-keeper".to_owned()).stack_size(256 * 1024);
        let thread = with_all_blocked(|| builder.spawn(body))?;
        Ok(LastingThread { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) fn run(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // A job that panicked took the thread with it; this one is dropped, which its owner notices.
            let _ = jobs.send(Box::new(job));
        }
    }
}

impl Drop for LastingThread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
