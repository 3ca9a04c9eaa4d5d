//! Which message a turn belongs to, where the server does not say.
//!
//! Only the newest servers name the message in every event. CLI 1.0.71 and before tell the text of the message that a
//! turn begins with, and work off messages in the order in which they came; so the session keeps what it has sent in
//! that order, and finds the message by its text, or else takes the oldest.

use std::collections::VecDeque;

use crate::protocol::events::Acted;

/// One message that was sent, by the session's own count.
pub type Ticket = u64;

/// More messages than anybody has waiting; older ones are forgotten.
const LIMIT: usize = 1024;

/// What was sent and has not begun, and where the session stands.
#[derive(Default)]
pub struct Line {
    sent: VecDeque<Sent>,
    last: Ticket,
    running: bool,
    in_round: bool,
    current: Option<String>,
}

struct Sent {
    ticket: Ticket,
    prompt: String,
    accepted: bool,
}

/// What the line adds to an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The message that the event is about, where the server does not say.
    pub claim: Option<Ticket>,
    /// True for a message that joins the turn that is running.
    pub joins: bool,
    /// The id of the message whose turn is running.
    pub host: Option<String>,
}

impl Line {
    /// A message is about to be sent.
    pub fn add(&mut self, prompt: &str) -> Ticket {
        self.last += 1;
        self.sent.push_back(Sent { ticket: self.last, prompt: prompt.to_owned(), accepted: false });
        if self.sent.len() > LIMIT {
            self.sent.pop_front();
        }
        self.last
    }

    /// The server has it.
    pub fn accept(&mut self, ticket: Ticket) {
        for sent in self.sent.iter_mut().filter(|sent| sent.ticket == ticket) {
            sent.accepted = true;
        }
    }

    /// The server does not want it.
    pub fn remove(&mut self, ticket: Ticket) {
        self.sent.retain(|sent| sent.ticket != ticket);
    }

    /// True from the start of a turn until nothing is left to do.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Follows the session by an event of its main agent, and says what the event leaves out.
    pub fn place(&mut self, acted: &Acted) -> Place {
        match acted {
            Acted::UserMessage { message_id, content, injected, steering } => {
                let joins = steering.unwrap_or(self.in_round);
                let only_by_text = *injected || message_id.is_some();
                let claim = self.begin(content, only_by_text);
                self.running = true;
                if !joins && !injected {
                    self.current = message_id.clone();
                }
                Place { claim, joins, host: self.current.clone() }
            }
            Acted::PolicyBlocked { .. } => {
                Place { claim: self.sent.pop_front().map(|sent| sent.ticket), ..Place::default() }
            }
            Acted::AssistantMessage { originating: Some(id), .. } => {
                // After a hook has put a message of its own in, the answer is still to the former one.
                self.current = Some(id.clone());
                Place::default()
            }
            Acted::TurnStart => {
                (self.running, self.in_round) = (true, true);
                Place::default()
            }
            Acted::TurnEnd | Acted::Aborted { .. } => {
                self.in_round = false;
                Place::default()
            }
            Acted::Idle { autopilot: false, aborted } => {
                self.rest(*aborted == Some(true));
                Place::default()
            }
            _ => Place::default(),
        }
    }

    /// Takes the message out whose turn begins.
    fn begin(&mut self, content: &str, only_by_text: bool) -> Option<Ticket> {
        let by_text = self.sent.iter().position(|sent| sent.prompt == content);
        let index = by_text.or((!only_by_text).then_some(0))?;
        self.sent.remove(index).map(|sent| sent.ticket)
    }

    fn rest(&mut self, aborted: bool) {
        (self.running, self.in_round, self.current) = (false, false, None);
        if aborted {
            // What was waiting behind the turn was dropped with it; what is still on its way was not.
            self.sent.retain(|sent| !sent.accepted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(content: &str) -> Acted {
        Acted::UserMessage { message_id: None, content: content.into(), injected: false, steering: None }
    }

    fn injected(content: &str) -> Acted {
        Acted::UserMessage { message_id: None, content: content.into(), injected: true, steering: None }
    }

    fn line(prompts: &[&str]) -> Line {
        let mut line = Line::default();
        for (index, prompt) in prompts.iter().enumerate() {
            assert_eq!(line.add(prompt), index as Ticket + 1);
        }
        line
    }

    #[test]
    fn messages_are_found_by_their_text_or_by_their_order() {
        let mut line = line(&["one", "two", "two", "four"]);
        for (content, ticket) in [
            ("two", Some(2)),
            ("changed by a hook", Some(1)),
            ("four", Some(4)),
            ("two", Some(3)),
            ("x", None),
        ] {
            assert_eq!(line.place(&user(content)).claim, ticket, "{content}");
        }
    }

    #[test]
    fn what_the_server_puts_in_is_nobodys() {
        let mut line = line(&["one"]);
        assert_eq!(line.place(&injected("a skill")).claim, None);
        assert_eq!(line.place(&injected("one")).claim, Some(1));
    }

    #[test]
    fn what_is_refused_or_blocked_does_not_begin() {
        let mut line = line(&["one", "two", "three"]);
        line.remove(1);
        let blocked = Acted::PolicyBlocked { originating: None };
        assert_eq!(line.place(&blocked).claim, Some(2));
        assert_eq!(line.place(&user("changed")).claim, Some(3));
    }

    #[test]
    fn an_abort_drops_what_waits() {
        let mut line = line(&["one", "two"]);
        line.accept(1);
        line.place(&Acted::Idle { aborted: None, autopilot: false });
        line.place(&Acted::Idle { aborted: Some(true), autopilot: false });
        assert_eq!(line.place(&user("changed")).claim, Some(2));
    }

    #[test]
    fn a_message_within_a_round_joins_the_turn() {
        let mut line = Line::default();
        let named = |id: &str, steering| Acted::UserMessage {
            message_id: Some(id.into()),
            content: "c".into(),
            injected: false,
            steering,
        };
        assert!(!line.is_running());
        assert!(!line.place(&named("a", Some(false))).joins);
        assert!(line.is_running());
        line.place(&Acted::TurnStart);
        let place = line.place(&named("b", Some(true)));
        assert_eq!((place.joins, place.host.as_deref()), (true, Some("a")));
        // Without a word about it, the round decides.
        assert!(line.place(&user("c")).joins);
        line.place(&Acted::TurnEnd);
        assert!(!line.place(&user("d")).joins);
        line.place(&Acted::TurnStart);
        line.place(&Acted::Aborted { reason: None });
        assert!(!line.place(&user("e")).joins);
        line.place(&Acted::Idle { aborted: None, autopilot: true });
        assert!(line.is_running());
        line.place(&Acted::Idle { aborted: None, autopilot: false });
        assert!(!line.is_running());
    }

    #[test]
    fn the_line_has_an_end() {
        let mut line = Line::default();
        (0..LIMIT + 3).for_each(|_| assert!(line.add("p") > 0));
        assert_eq!(line.sent.len(), LIMIT);
        assert_eq!(line.place(&user("p")).claim, Some(4));
    }
}
