//! How calls are taken.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// How calls are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct CallSettings {
    pub auto_answer: AutoAnswer,
    /// Whether a beep of 400 ms tells the user that a call is about to be answered by itself.
    pub auto_answer_tone: bool,
    /// How many calls may exist at once, 1 to 8. One of them talks, the others are held; one more
    /// incoming call is answered "busy".
    #[serde(deserialize_with = "number_of_calls")]
    pub max_calls: u8,
}

/// Which calls are answered without the user; only ever the one call that there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AutoAnswer {
    #[default]
    Off,
    /// Those whose caller asks for it: `Call-Info: …;answer-after=`, or an Alert-Info that names
    /// auto-answer.
    Header,
    Always,
}

/// More than anybody can keep apart.
const MOST_CALLS: u8 = 8;

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            auto_answer: AutoAnswer::Off,
            auto_answer_tone: true,
            max_calls: 1,
        }
    }
}

impl CallSettings {
    /// Refuses what cannot be used: which field, and why.
    pub fn check(&self) -> Result<(), &'static str> {
        if !(1..=MOST_CALLS).contains(&self.max_calls) {
            return Err("max_calls is not from 1 to 8");
        }
        Ok(())
    }

    /// Returns after how long a call is answered by itself whose caller asks for `asked`.
    pub(crate) fn answers_after(&self, asked: Option<Duration>) -> Option<Duration> {
        match self.auto_answer {
            AutoAnswer::Off => None,
            AutoAnswer::Header => asked,
            AutoAnswer::Always => Some(asked.unwrap_or_default()),
        }
    }
}

fn number_of_calls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    u8::deserialize(deserializer)
        .map_err(|_| D::Error::custom("a whole number from 1 to 8 is expected"))
}
