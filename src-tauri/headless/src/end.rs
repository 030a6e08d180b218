use std::process::ExitCode;

use serde::Serialize;

/// How a run went, as the exit code of the process. `PROTOCOL.md` tells when which is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Passed = 0,
    BadArguments = 2,
    Interrupted = 4,
    Internal = 5,
    LoginRefused = 20,
    HeldElsewhere = 21,
    SidecarUnreachable = 22,
    Dns = 30,
    Proxy = 31,
    Tls = 32,
    WebSocket = 33,
    RegisterRefused = 40,
    RegisterTimeout = 41,
    NoMediaPath = 50,
    OneWay = 51,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    Quit,
    InputClosed,
    /// Nobody reads what we write.
    OutputClosed,
    /// A signal, or Ctrl-C.
    Interrupted,
    /// The engine ended by itself.
    EngineEnded,
}
