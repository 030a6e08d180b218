//! What CloudAgent has no call for to list: the reasons of pauses, the outcomes of calls, and how
//! long a wrap-up may take.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;

use super::rules::Rules;
use super::secret::Setting;

const PAUSE_REASONS: &str = "OZONETEL_PAUSE_REASONS";
const DISPOSITIONS: &str = "OZONETEL_DISPOSITIONS";
const WRAP_UP_SECONDS: &str = "OZONETEL_WRAP_UP_SECONDS";
const WRAP_UP_MORE_SECONDS: &str = "OZONETEL_WRAP_UP_MORE_SECONDS";
pub(super) const VARIABLES: [&str; 4] = [
    PAUSE_REASONS,
    DISPOSITIONS,
    WRAP_UP_SECONDS,
    WRAP_UP_MORE_SECONDS,
];

/// Entries of a list, and characters of each.
const MAX_ENTRIES: usize = 100;
const MAX_NAME: usize = 100;

/// An hour: whoever needs longer needs no limit.
const MAX_SECONDS: u32 = 3600;

/// How agents work at their queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct QueueSettings {
    pub(crate) pause_reasons: Vec<String>,
    /// The outcomes of calls; none: there is no wrap-up.
    pub(crate) dispositions: Vec<String>,
    /// `None`: a wrap-up takes as long as it takes.
    pub(crate) wrap_up_seconds: Option<u32>,
    /// What one press on "More time" gives; `None`: there is no more.
    pub(crate) wrap_up_more_seconds: Option<u32>,
}

/// The keys of the file, all of which may be in the environment instead.
#[derive(Default)]
pub(super) struct QueueKeys {
    pub(super) pause_reasons: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) dispositions: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) wrap_up_seconds: Option<Spanned<u32>>,
    pub(super) wrap_up_more_seconds: Option<Spanned<u32>>,
}

/// A number and where it is from.
struct Seconds {
    number: u32,
    name: String,
    span: Range<usize>,
}

impl Rules<'_> {
    pub(super) fn queue(&mut self, keys: QueueKeys) -> QueueSettings {
        let pause_reasons = self.names(PAUSE_REASONS, "ozonetel.pause_reasons", keys.pause_reasons);
        let dispositions = self.names(DISPOSITIONS, "ozonetel.dispositions", keys.dispositions);
        let wrap_up = self.seconds(
            WRAP_UP_SECONDS,
            "ozonetel.wrap_up_seconds",
            keys.wrap_up_seconds,
        );
        let more = self.seconds(
            WRAP_UP_MORE_SECONDS,
            "ozonetel.wrap_up_more_seconds",
            keys.wrap_up_more_seconds,
        );
        if let (Some(wrap_up), true) = (&wrap_up, dispositions.is_empty()) {
            self.report(
                &wrap_up.span,
                format!(
                    "{} without ozonetel.dispositions: there is no wrap-up without outcomes to \
                     choose from",
                    wrap_up.name
                ),
            );
        }
        if let (Some(more), None) = (&more, &wrap_up) {
            self.report(
                &more.span,
                format!(
                    "{} without ozonetel.wrap_up_seconds: there is no limit to give more time to",
                    more.name
                ),
            );
        }
        QueueSettings {
            pause_reasons,
            dispositions,
            wrap_up_seconds: wrap_up.map(|it| it.number),
            wrap_up_more_seconds: more.map(|it| it.number),
        }
    }

    /// Reads a list of names: in the environment they stand between commas.
    fn names(
        &mut self,
        variable: &str,
        key: &'static str,
        in_file: Option<Spanned<Vec<Spanned<String>>>>,
    ) -> Vec<String> {
        let (name, whole, entries) = match self.sources.setting(variable, key, None) {
            Some(Setting { text, name, span }) => {
                let entries = text.split(',').map(|it| (it.to_owned(), 0..0)).collect();
                (name, span, entries)
            }
            None => {
                let Some(list) = in_file else {
                    return Vec::new();
                };
                let span = list.span();
                let entries: Vec<_> = list
                    .into_inner()
                    .into_iter()
                    .map(|it| (it.get_ref().clone(), it.span()))
                    .collect();
                (key.to_owned(), span, entries)
            }
        };
        if entries.len() > MAX_ENTRIES {
            self.report(
                &whole,
                format!(
                    "{name} has {} entries, more than {MAX_ENTRIES}",
                    entries.len()
                ),
            );
        }
        let mut seen = BTreeSet::new();
        let mut names = Vec::new();
        for (text, span) in entries {
            let text = text.trim().to_owned();
            if let Some(problem) = wrong(&text) {
                self.report(&span, format!("{name} {problem}"));
            } else if !seen.insert(text.clone()) {
                self.report(&span, format!("{name} has {text:?} twice"));
            } else {
                names.push(text);
            }
        }
        names
    }

    fn seconds(
        &mut self,
        variable: &str,
        key: &'static str,
        in_file: Option<Spanned<u32>>,
    ) -> Option<Seconds> {
        let found = match self.sources.setting(variable, key, None) {
            Some(Setting { text, name, span }) => match text.trim().parse() {
                Ok(number) => Seconds { number, name, span },
                Err(_) => {
                    let problem = format!("{name} must be a whole number of seconds, not {text:?}");
                    self.report(&span, problem);
                    return None;
                }
            },
            None => {
                let seconds = in_file?;
                Seconds {
                    number: *seconds.get_ref(),
                    name: key.to_owned(),
                    span: seconds.span(),
                }
            }
        };
        if !(1..=MAX_SECONDS).contains(&found.number) {
            let Seconds { number, name, span } = &found;
            self.report(
                span,
                format!("{name} must be between 1 and {MAX_SECONDS}, not {number}"),
            );
        }
        Some(found)
    }
}

/// Returns what is wrong with a name of a list.
fn wrong(text: &str) -> Option<String> {
    if text.is_empty() {
        Some("has an entry without a name".to_owned())
    } else if text.chars().any(char::is_control) {
        Some(format!("has {text:?}, which holds a control character"))
    } else if text.chars().count() > MAX_NAME {
        Some(format!(
            "has an entry that is longer than {MAX_NAME} characters"
        ))
    } else {
        None
    }
}
