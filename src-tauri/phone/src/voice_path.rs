use std::net::SocketAddr;

use serde::Serialize;

/// Between which addresses the sound of a call goes, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct VoicePath {
    /// The address and port of this machine.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub local: SocketAddr,
    /// Those of the peer, as this machine sees them.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub remote: SocketAddr,
    pub remote_kind: CandidateKind,
    pub codec: Codec,
}

/// What an address of a peer is (RFC 8445 §5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CandidateKind {
    /// Of the peer itself.
    Host,
    /// Of the network address translator before it.
    ServerReflexive,
    /// The same, but it was not named: the peer was heard from there.
    PeerReflexive,
    /// Of a relay that passes on what is sent to it.
    Relayed,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    Opus,
    Pcmu,
    Pcma,
}
