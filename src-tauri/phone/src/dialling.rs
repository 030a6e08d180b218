//! What may be dialled from here, and as what.

use std::borrow::Cow;

use serde::Deserialize;
use sip::Dialled;

use crate::{Rejected, words::shown};

/// A sentence or two, which have to fit under a field.
pub const LONGEST_NOTICE: usize = 200;

/// Stands for the account's own domain where nobody is signed in (RFC 2606 §2).
const NO_DOMAIN: &str = "phone.invalid";

/// What an organisation wants of the numbers that are dialled from here; usually nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DialPlan {
    pub policy: DialPolicy,
    pub rewrites: Vec<NumberRewrite>,
    pub emergency: Option<EmergencyNotice>,
}

/// Which numbers may be called, by what they begin with: the longest prefix decides.
///
/// A number is looked at as it was dialled and as it is rewritten, whichever way it was written. A
/// name, or an address at another domain, has no place in `allowed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialPolicy {
    /// `None`: all that is not blocked; an empty list: none.
    pub allowed: Option<Vec<String>>,
    pub blocked: Vec<String>,
}

/// Dials numbers that begin with `from` as if they began with `to`; of several the longest `from`.
///
/// What is no longer than `from` stays as it is, and so does what is dialled at another domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRewrite {
    pub from: String,
    /// Empty: the number without `from`.
    pub to: String,
}

/// Numbers that this phone cannot call for help, and what whoever dials one has to know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyNotice {
    /// Whole numbers.
    pub numbers: Vec<String>,
    pub text: String,
}

impl DialPolicy {
    /// Refuses what cannot be used: which pattern, and why.
    pub fn check(&self) -> Result<(), String> {
        let allowed = self.allowed.iter().flatten();
        allowed.chain(&self.blocked).try_for_each(|it| digits(it))
    }
}

impl NumberRewrite {
    /// Refuses what cannot be used: which pattern, and why.
    pub fn check(&self) -> Result<(), String> {
        digits(&self.from)?;
        if self.to.is_empty() {
            return Ok(());
        }
        digits(&self.to)
    }
}

impl EmergencyNotice {
    /// Refuses what cannot be used: which number, or that it is the text.
    pub fn check(&self) -> Result<(), String> {
        if self.numbers.is_empty() {
            return Err("it names no number".to_owned());
        }
        self.numbers.iter().try_for_each(|it| digits(it))?;
        let length = self.text.chars().count();
        if self.text.trim().is_empty() || length > LONGEST_NOTICE {
            return Err(format!(
                "a text of 1 to {LONGEST_NOTICE} characters is expected"
            ));
        }
        if self.text.chars().any(char::is_control) {
            return Err("the text holds a control character".to_owned());
        }
        Ok(())
    }
}

impl DialPlan {
    /// Returns what is called where `target` is dialled for an account at `domain`; refuses what
    /// the organisation does not want called. What cannot be understood is left as it is.
    pub(crate) fn called<'a>(
        &self,
        target: &'a str,
        domain: Option<&str>,
    ) -> Result<Cow<'a, str>, Rejected> {
        let Ok(whom) = Dialled::read(target, domain.unwrap_or(NO_DOMAIN)) else {
            return Ok(Cow::Borrowed(target));
        };
        let rewritten = self.rewritten(&whom.name);
        let forms = [Some(whom.name.as_str()), rewritten.as_deref()];
        let forms = || forms.into_iter().flatten();
        if let Some(EmergencyNotice { numbers, text }) = &self.emergency
            && forms().any(|form| numbers.iter().any(|it| it == form))
        {
            let text = text.clone();
            return Err(Rejected::Emergency { text });
        }
        if !self.policy.allows(forms(), whom.is_own) {
            return Err(Rejected::NotAllowed);
        }
        match rewritten {
            Some(number) if whom.is_own => Ok(Cow::Owned(number)),
            Some(_) | None => Ok(Cow::Borrowed(target)),
        }
    }

    fn rewritten(&self, number: &str) -> Option<String> {
        if digits(number).is_err() {
            return None;
        }
        let fits = |it: &&NumberRewrite| number.len() > it.from.len();
        let rules = self.rewrites.iter().filter(fits);
        let rules = rules.filter_map(|it| Some((it, number.strip_prefix(it.from.as_str())?)));
        let (rule, rest) = rules.max_by_key(|(it, _)| it.from.len())?;
        Some(format!("{}{rest}", rule.to))
    }
}

impl DialPolicy {
    /// Whether a number may be called that is written in each of these forms.
    fn allows<'a>(&self, forms: impl Iterator<Item = &'a str>, is_own: bool) -> bool {
        let allowed = self.allowed.as_deref();
        let mut is_allowed = allowed.is_none();
        for form in forms {
            let wanted = longest(allowed.unwrap_or_default(), form);
            let unwanted = longest(&self.blocked, form);
            if unwanted.is_some() && unwanted >= wanted {
                return false;
            }
            is_allowed |= is_own && wanted.is_some();
        }
        is_allowed
    }
}

/// Returns the length of the longest of these with which `number` begins.
fn longest(prefixes: &[String], number: &str) -> Option<usize> {
    let fitting = prefixes.iter().filter(|it| number.starts_with(it.as_str()));
    fitting.map(String::len).max()
}

/// Refuses what is no beginning of a number: `+`, digits, `*` and `#`.
fn digits(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let fits = |it: char| it.is_ascii_digit() || "*#".contains(it);
    if text.is_empty() || !rest.chars().all(fits) {
        return Err(format!(
            "{:?} is no beginning of a number: a plus in front, digits, * and # are expected",
            shown(text)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const HOME: Option<&str> = Some("sip.example");

    #[test]
    fn without_a_plan_all_is_called_as_it_was_dialled() {
        let plan = DialPlan::default();
        for target in ["112", "+49 30 1", "ana", "bob@far.example", "a b", ""] {
            assert_eq!(plan.called(target, HOME), Ok(Cow::Borrowed(target)));
        }
    }

    #[test]
    fn the_longest_prefix_decides() {
        let plan = plan(Some(&["+49", "+43", "7"]), &["+49900", "+43", "79"]);
        for (target, is_allowed) in [
            ("+49 30 123456", true),
            ("+49900123", false),
            ("+4989900", true),
            ("+431234", false),
            ("7001", true),
            ("7901", false),
            ("+1 555 0100", false),
            ("112", false),
            ("sip:7001@sip.example", true),
            ("sip:%379%301@sip.example", false),
            ("7001@far.example", false),
            ("ana", false),
            ("sip:far.example", false),
        ] {
            let wanted = if is_allowed {
                Ok(Cow::Borrowed(target))
            } else {
                Err(Rejected::NotAllowed)
            };
            assert_eq!(plan.called(target, HOME), wanted, "{target}");
        }
    }

    #[test]
    fn what_is_blocked_is_so_however_it_is_written() {
        let plan = plan(None, &["0900", "+49900", "*"]);
        for target in [
            "0900 123",
            "(0900) 123",
            "tel:0900123",
            "callto:0900/123",
            "sip:0900123",
            "sip:0-900-123@sip.example;user=phone",
            "sips:%30900123@far.example",
            "+49 900 123",
            "*62*0900#",
        ] {
            assert_eq!(
                plan.called(target, HOME),
                Err(Rejected::NotAllowed),
                "{target}"
            );
        }
        for target in ["090", "109001", "ana", "bob@far.example"] {
            assert_eq!(plan.called(target, HOME), Ok(Cow::Borrowed(target)));
        }
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        let plan = plan(Some(&[]), &[]);
        for target in ["1", "+491", "ana"] {
            assert_eq!(plan.called(target, HOME), Err(Rejected::NotAllowed));
        }
        assert_eq!(plan.called("a b", HOME), Ok(Cow::Borrowed("a b")));
    }

    #[test]
    fn numbers_are_rewritten_and_looked_at_in_both_forms() {
        let mut plan = plan(Some(&["+", "7"]), &["+49900", "0137"]);
        plan.rewrites = vec![rewrite("0", "+49"), rewrite("00", "+"), rewrite("9*", "")];
        for (target, called) in [
            ("030 123456", "+4930123456"),
            ("tel:030-123456", "+4930123456"),
            ("sip:030123456@sip.example", "+4930123456"),
            ("0043 1 234", "+431234"),
            ("9*7001", "7001"),
            ("+43 1 234", "+43 1 234"),
            ("7001", "7001"),
        ] {
            assert_eq!(plan.called(target, HOME).as_deref(), Ok(called), "{target}");
        }
        for target in ["0900 123", "0049900123", "0137123", "0", "030@far.example"] {
            assert_eq!(
                plan.called(target, HOME),
                Err(Rejected::NotAllowed),
                "{target}"
            );
        }
        plan.policy.allowed = None;
        assert_eq!(plan.called("0", HOME).as_deref(), Ok("0"));
        let away = "030123@far.example";
        assert_eq!(plan.called(away, HOME).as_deref(), Ok(away));
    }

    #[test]
    fn who_dials_for_help_is_told_what_to_do() {
        let mut plan = plan(Some(&["+49"]), &["112"]);
        plan.rewrites = vec![rewrite("0", "")];
        plan.emergency = Some(notice(&["112", "110"], "Use a mobile."));
        let told = Rejected::Emergency {
            text: "Use a mobile.".to_owned(),
        };
        for target in [
            "112",
            " 1-1-2 ",
            "tel:112",
            "sip:112@far.example",
            "0110",
            "sip:112;phone-context=+49@sip.example",
        ] {
            assert_eq!(plan.called(target, HOME), Err(told.clone()), "{target}");
            assert_eq!(plan.called(target, None), Err(told.clone()), "{target}");
        }
        assert_eq!(told.to_string(), "Use a mobile.");
        assert_eq!(plan.called("1120", HOME), Err(Rejected::NotAllowed));
        assert_eq!(plan.called("+49112", HOME).as_deref(), Ok("+49112"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for pattern in ["", "+49 30", "++", "4+9", "(0)", "ana", "0\u{202e}9", "٠"] {
            let why = "is no beginning of a number";
            let of_plan = plan(Some(&["+49", pattern]), &[]).policy.check();
            assert!(of_plan.unwrap_err().contains(why), "{pattern:?}");
            let of_plan = plan(None, &["+49", pattern]).policy.check();
            assert!(of_plan.unwrap_err().contains(why), "{pattern:?}");
            let of_rule = rewrite(pattern, "+").check();
            assert!(of_rule.unwrap_err().contains(why), "{pattern:?}");
            let of_notice = notice(&[pattern], "Use a mobile.").check();
            assert!(of_notice.unwrap_err().contains(why), "{pattern:?}");
        }
        assert_eq!(plan(Some(&["+"]), &["*31#0"]).policy.check(), Ok(()));
        assert_eq!(rewrite("00", "").check(), Ok(()));
        assert_eq!(notice(&["112"], "Use a mobile.").check(), Ok(()));
        assert!(notice(&[], "Use a mobile.").check().is_err());
        let long = "x".repeat(LONGEST_NOTICE + 1);
        for text in ["", "  ", "a\nb", long.as_str()] {
            assert!(notice(&["112"], text).check().is_err(), "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_way_to_write_a_blocked_number_gets_past_the_policy(
            number in "[0-9]{0,8}",
            separators in "[-. ()/]{0,8}",
            before in "(|tel:|callto:|sip:|sip://)",
            after in "(|@sip.example|@far.example)",
        ) {
            let plan = plan(None, &["0900"]);
            let mut written: String = format!("0900{number}");
            for (at, separator) in separators.chars().enumerate() {
                written.insert((at * 2 + 1).min(written.len()), separator);
            }
            let target = format!("{before}{written}{after}");
            if let Ok(whom) = Dialled::read(&target, "sip.example")
                && whom.name.starts_with("0900")
            {
                prop_assert_eq!(plan.called(&target, HOME), Err(Rejected::NotAllowed));
            }
        }
    }

    fn plan(allowed: Option<&[&str]>, blocked: &[&str]) -> DialPlan {
        let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        DialPlan {
            policy: DialPolicy {
                allowed: allowed.map(owned),
                blocked: owned(blocked),
            },
            ..DialPlan::default()
        }
    }

    fn rewrite(from: &str, to: &str) -> NumberRewrite {
        NumberRewrite {
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }

    fn notice(numbers: &[&str], text: &str) -> EmergencyNotice {
        EmergencyNotice {
            numbers: numbers.iter().map(|it| (*it).to_owned()).collect(),
            text: text.to_owned(),
        }
    }
}
