//! The descriptor: readable exactly while items wait.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

use crate::callback::Home;
use crate::queue::Taken;
use crate::queue::test_support::*;

const NOW: Option<Duration> = Some(Duration::ZERO);

fn is_readable(fd: RawFd) -> bool {
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, which outlives the call.
    let ready = unsafe { libc::poll(&raw mut poll, 1, 0) };
    assert!(ready >= 0 && poll.revents & !libc::POLLIN == 0, "{}", poll.revents);
    ready == 1
}

/// A generator with a period long enough (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn it_is_readable_exactly_while_items_wait() {
    let (queue, witness) = (queue(), Witness::default());
    let fd = queue.descriptor().unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut seen = [0_usize; 2];
    for round in 0..1_000_000 {
        let waiting = queue.len();
        // More pops than pushes when it is long, so that it is often empty.
        match random.below(if waiting > 3 { 14 } else { 9 }) {
            0..=2 => assert!(queue.push(Arc::new(event(round))).is_ok()),
            3 => assert!(queue.bury(Box::new(witness.data())).is_ok()),
            4 => queue.wake(),
            5..=8 => drop(queue.next(NOW).unwrap()),
            _ => _ = queue.dispatch(Some(1), NOW).unwrap(),
        }
        let waits = !queue.is_empty();
        assert_eq!(is_readable(fd), waits, "round {round}");
        seen[usize::from(waits)] += 1;
    }
    assert!(seen[0] > 100_000 && seen[1] > 100_000, "both were seen often: {seen:?}");
}

#[test]
fn it_is_right_after_several_threads_used_the_queue() {
    let queue = queue();
    let fd = queue.descriptor().unwrap();
    for _ in 0..20 {
        let threads: Vec<_> = (0..4)
            .map(|which| {
                let queue = queue.clone();
                Worker::start(move || {
                    for number in 0..500 {
                        if which % 2 == 0 {
                            assert!(queue.push(Arc::new(event(number))).is_ok());
                        } else {
                            drop(queue.next(NOW).unwrap());
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(Worker::result);
        assert_eq!(is_readable(fd), !queue.is_empty());
        while matches!(queue.next(NOW).unwrap(), Taken::Event(_)) {
            assert_eq!(is_readable(fd), !queue.is_empty());
        }
    }
}

#[test]
fn it_is_made_once_and_knows_what_came_before() {
    let queue = queue();
    push(&queue, |_| {});
    let fd = queue.descriptor().unwrap();
    assert!(is_readable(fd));
    assert_eq!(queue.descriptor().unwrap(), fd);
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
    assert!(!is_readable(fd));
    assert_eq!(queue.descriptor().unwrap(), fd);
    assert!(!is_readable(fd), "asking for it raises nothing");
}

#[test]
fn it_is_silent_while_a_callback_runs_the_last_item() {
    let queue = queue();
    let fd = queue.descriptor().unwrap();
    inside(&queue, move || assert!(!is_readable(fd)));
}

#[test]
fn it_survives_the_close_and_falls_silent_with_the_last_item() {
    let queue = queue();
    let fd = queue.descriptor().unwrap();
    let answers = Answers::default();
    let question = request(&queue, &answers);
    assert!(queue.push(Arc::new(asking(question))).is_ok());
    assert!(is_readable(fd));
    queue.close();
    assert!(!is_readable(fd), "the question is gone");

    let queue = super::super::test_support::queue();
    let fd = queue.descriptor().unwrap();
    push(&queue, |_| {});
    queue.close();
    assert!(is_readable(fd));
    assert_eq!(queue.dispatch(None, NOW).unwrap(), 1);
    assert!(!is_readable(fd));
}

#[test]
fn it_is_closed_in_programs_that_the_host_starts_and_never_blocks() {
    let queue = queue();
    let fd = queue.descriptor().unwrap();
    // SAFETY: plain queries of an open descriptor.
    let (of_descriptor, of_file) =
        unsafe { (libc::fcntl(fd, libc::F_GETFD), libc::fcntl(fd, libc::F_GETFL)) };
    assert_ne!(of_descriptor & libc::FD_CLOEXEC, 0);
    assert_ne!(of_file & libc::O_NONBLOCK, 0);
}
