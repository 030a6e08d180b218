//! Foreign words and causes, as people are shown them.

use sip::{Cause, Party};

use crate::EndCause;

/// Returns how the user sees the end of an INVITE session.
pub(crate) fn end_cause(cause: Cause) -> EndCause {
    match cause {
        Cause::Local => EndCause::Local,
        Cause::Remote => EndCause::Remote,
        Cause::Cancelled => EndCause::Missed,
        Cause::AnsweredElsewhere => EndCause::AnsweredElsewhere,
        Cause::Refused { status, reason } => {
            let reason = shown(&reason);
            match status {
                486 | 600 => EndCause::Busy { status, reason },
                408 | 480 | 487 => EndCause::NoAnswer { status, reason },
                404 | 410 | 484 | 604 => EndCause::NotFound { status, reason },
                _ => EndCause::Refused { status, reason },
            }
        }
        Cause::Timeout => EndCause::Timeout,
        Cause::FlowLost => EndCause::LinkLost,
        Cause::Protocol(detail) => EndCause::Incompatible { detail },
    }
}

/// Returns the number or user and the name by which users know the other end; neither where that is withheld.
pub(crate) fn named(from: &Party) -> (String, Option<String>) {
    if from.anonymous {
        return (String::new(), None);
    }
    let number = if from.user.is_empty() {
        &from.uri
    } else {
        &from.user
    };
    let name = from.display_name.as_deref().map(shown);
    (shown(number), name.filter(|it| !it.is_empty()))
}

/// Returns a cause in words, for a log or a notice.
pub(crate) fn cause_text(cause: &Cause) -> String {
    match cause {
        Cause::Local => "We ended it".to_owned(),
        Cause::Remote => "The other side hung up".to_owned(),
        Cause::Cancelled => "The caller gave up".to_owned(),
        Cause::AnsweredElsewhere => "Answered on another device".to_owned(),
        Cause::Refused { status, reason } => format!("{status} {}", shown(reason)),
        Cause::Timeout => "No answer in time".to_owned(),
        Cause::FlowLost => "The connection was lost".to_owned(),
        Cause::Protocol(detail) => detail.clone(),
    }
}

/// Returns foreign text as it may be shown: no control characters or direction overrides, at most 128 characters.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 128;
    text.chars()
        .filter(|c| !c.is_control())
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .take(LONGEST)
        .collect::<String>()
        .trim()
        .to_owned()
}
