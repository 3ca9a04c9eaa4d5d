//! What the programs of this package share: frames as the real CLI lays them out, the splitting of a stream into
//! frames, and the mock CLI that is made of the two.

pub mod clock;
pub mod cpu;
pub mod event;
pub mod frames;
pub mod measure;
pub mod mock;
pub mod split;
