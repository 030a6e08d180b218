#![allow(clippy::unwrap_used)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one kind of news among all"
)]

mod desk;
mod devices;
mod moves;
mod one_way;
mod robustness;
mod timing;
mod world;
