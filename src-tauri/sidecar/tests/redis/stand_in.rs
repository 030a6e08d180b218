//! Servers of others that the sidecar calls.

pub(crate) use crate::platform;
