//! What code means: names, receivers, effects, and loops as pipelines.
//!
//! [`Pipeline`] and [`crate::facts::Obstacle`] know no language; the front ends in `python` and `rust` make them. Until the
//! whole model stands, legality is a closed list of shapes, and everything outside it is `PM100`.

mod pipeline;
pub mod python;
pub mod rust;

pub use pipeline::{
    Ahead, Analysis, Applied, Client, Collect, Exit, Flat, Gathering, Pace, Pipeline, Retry, Stage, Step, WaitingCall,
};
