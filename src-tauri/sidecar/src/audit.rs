/// The target of each event that tells who signed in, was refused, took over or left. A program that
/// keeps a record of them listens to it, together with the spans, which number the calls.
pub const AUDIT: &str = "audit";
