use std::{
    io::{self, Write},
    path::PathBuf,
};

use engine::{Effective, Policy, SettingsFile};
use phone::{CallSettings, SoundSettings};

use crate::{complain, end::Exit, order::Malformed};

/// Lists what holds for each key of a policy, and who decided it. The user's part is in the settings
/// file at `path`, or where the platform wants it.
pub(crate) fn print(path: Option<PathBuf>) -> Exit {
    let (policy, complaints) = Policy::of_system();
    let settings = path
        .filter(|it| !it.as_os_str().is_empty())
        .or_else(SettingsFile::usual_path)
        .and_then(|path| SettingsFile::look(&path));
    let mut output = io::stdout().lock();
    for Effective { key, value, source } in policy.effective(settings.as_ref()) {
        // Nobody may be reading.
        let _ = writeln!(output, "{key:<20}{source:<9}{value}");
    }
    for complaint in &complaints {
        complain(complaint);
    }
    if complaints.is_empty() {
        Exit::Passed
    } else {
        Exit::BadArguments
    }
}

/// Returns the settings that the command on this line asks for, where none of them is settled
/// otherwise.
pub(crate) fn allow_calls(
    policy: &Policy,
    line: u64,
    asked: CallSettings,
) -> Result<CallSettings, Malformed> {
    let allowed = policy.calls(asked.clone());
    allow(policy, line, "calls", asked, &allowed)
}

/// The same for the sound.
pub(crate) fn allow_sound(
    policy: &Policy,
    line: u64,
    asked: SoundSettings,
) -> Result<SoundSettings, Malformed> {
    let allowed = policy.sound(asked.clone());
    allow(policy, line, "sound", asked, &allowed)
}

fn allow<T: PartialEq>(
    policy: &Policy,
    line: u64,
    field: &'static str,
    asked: T,
    allowed: &T,
) -> Result<T, Malformed> {
    if asked == *allowed {
        return Ok(asked);
    }
    let prefix = format!("{field}.");
    let locked = policy.locked();
    let names = locked.iter().filter_map(|it| it.strip_prefix(&prefix));
    Err(Malformed::Setting {
        line,
        field,
        what: format!(
            "your organisation has set {}",
            names.collect::<Vec<_>>().join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use phone::AutoAnswer;

    use super::*;

    #[test]
    fn what_is_settled_is_refused_by_its_name_and_the_rest_allowed() {
        let json = br#"{"AutoAnswer":"off","AudioProcessing":{"aec":true}}"#;
        let (policy, faults) = Policy::of_json("policy.json", json);
        assert!(faults.is_empty(), "{faults:?}");
        let asked = CallSettings {
            max_calls: 2,
            ..CallSettings::default()
        };
        let allowed = allow_calls(&policy, 3, asked.clone()).unwrap();
        assert_eq!(allowed, asked);
        let asked = CallSettings {
            auto_answer: AutoAnswer::Always,
            ..asked
        };
        let told = allow_calls(&policy, 3, asked).unwrap_err();
        assert_eq!(
            told.to_string(),
            "line 3, field \"calls\": your organisation has set auto_answer"
        );
        let asked = SoundSettings {
            echo_cancellation: false,
            ..SoundSettings::default()
        };
        let told = allow_sound(&policy, 4, asked).unwrap_err();
        assert_eq!(
            told.to_string(),
            "line 4, field \"sound\": your organisation has set echo_cancellation"
        );
    }
}
