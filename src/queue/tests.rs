//! Queues, as a program that wants to break them would use them.

mod asking;
mod close;
mod descriptor;
mod destroy;
mod direct;
mod dispatcher;
mod drive;
mod logging;
mod operation;
mod order;
mod overflow;
mod room;
mod serving;
mod storm;
mod taking;
mod telling;
mod wakeup;
