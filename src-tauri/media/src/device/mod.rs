//! What stands in place of microphone and speaker, and what measures them.

mod desk;
mod meter;
mod sink;
mod source;
mod talk;
#[cfg(test)]
mod tests;

pub(crate) use meter::Meter;
pub(crate) use sink::Sink;
pub(crate) use source::{Recording, Source};
