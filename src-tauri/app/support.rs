//! The text that a user gives to whoever helps: what the phone knows of itself, without secrets and
//! without those whom it talks to.

use std::fmt::Write;

use engine::Effective;
use phone::PhoneView;

/// What goes into it.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// What the page shows, in its user's words.
    pub(crate) shown: &'a str,
    pub(crate) view: &'a PhoneView,
    /// What holds of the settings, and who decided it.
    pub(crate) settings: &'a [Effective],
    /// The end of the log.
    pub(crate) log: &'a str,
}

impl Report<'_> {
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n\n== Settings, and who decided them\n", self.shown);
        for Effective { key, value, source } in self.settings {
            let _ = writeln!(text, "{key:<20}{source:<9}{value}");
        }
        let view = serde_json::to_string_pretty(&without_others(self.view))
            .expect("the keys of a view are text");
        let _ = write!(text, "\n== State\n{view}\n\n== Log\n{}", self.log);
        text
    }
}

/// Leaves out who is talked to.
fn without_others(view: &PhoneView) -> PhoneView {
    let mut view = view.clone();
    for call in &mut view.calls {
        call.number = masked(&call.number);
        call.display_name = None;
    }
    if let Some(ended) = &mut view.ended {
        ended.number = masked(&ended.number);
        ended.display_name = None;
    }
    if let Some(wrap_up) = view.queue.as_mut().and_then(|it| it.wrap_up.as_mut()) {
        wrap_up.number = masked(&wrap_up.number);
        wrap_up.display_name = None;
        wrap_up.note.clear();
    }
    view
}

/// Shows how long a number is, and no more of it than its end.
fn masked(number: &str) -> String {
    let shown = number.chars().count().saturating_sub(2);
    let sign = |(at, it)| if at < shown { '•' } else { it };
    number.chars().enumerate().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use engine::Policy;

    use super::*;

    #[test]
    fn it_has_all_that_the_phone_knows_and_nobody_that_it_talks_to() {
        let mut view = phone::samples::view();
        view.calls[0].display_name = Some("Amit Sharma".to_owned());
        let settings = Policy::default().effective(None);
        let text = Report {
            shown: "Line: fault · 403 Forbidden",
            view: &view,
            settings: &settings,
            log: "INFO sip::registration: Registered\n",
        }
        .text();
        for there in [
            "Line: fault · 403 Forbidden\n",
            "AutoAnswer          default  \"off\"\n",
            "\"state\": \"registered\"",
            "\"number\": \"••••02\"",
            "\"number\": \"••••03\"",
            "INFO sip::registration: Registered\n",
        ] {
            assert!(text.contains(there), "{there} is not in\n{text}");
        }
        for others in ["700202", "700203", "Amit", "Ravi", "Monday"] {
            assert!(!text.contains(others), "{others} is in\n{text}");
        }
    }

    #[test]
    fn of_a_number_its_last_two_digits_are_told() {
        assert_eq!(masked(""), "");
        assert_eq!(masked("112"), "•12");
        assert_eq!(masked("+919810012345"), "•••••••••••45");
    }
}
