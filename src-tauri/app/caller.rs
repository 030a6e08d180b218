//! A caller's name, and what else others have written, where the system shows it: as plain text in one
//! line that turns nothing around.

use crate::words::Words;

/// No desktop shows more, in characters.
const LONGEST: usize = 80;

/// Returns who calls: the name, else the number, else the words for a number that is withheld.
pub(crate) fn caller(name: Option<&str>, number: &str, words: &Words) -> String {
    first_shown(&[name.unwrap_or_default(), number, words.withheld])
}

/// Returns the first text of which anything is seen, kept apart from the words around it.
pub(crate) fn first_shown(texts: &[&str]) -> String {
    let shown = texts.iter().find(|it| !plain(it).is_empty());
    apart(shown.copied().unwrap_or_default())
}

/// Returns what others have written, kept apart from the words around it (Unicode TR 9, first strong
/// isolate).
pub(crate) fn apart(text: &str) -> String {
    format!("\u{2068}{}\u{2069}", plain(text))
}

fn plain(text: &str) -> String {
    let is_hidden = |it: char| {
        it.is_control()
            // Zero-width characters, marks and overrides of direction.
            || matches!(it, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
            || it == '\u{feff}'
    };
    let text: String = text
        .chars()
        .filter(|it| !is_hidden(*it))
        .take(LONGEST)
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    #[test]
    fn a_name_goes_before_a_number_and_a_number_before_the_word_for_none() {
        let named = |name, number| caller(name, number, words("de"));
        assert_eq!(named(Some("Ana"), "4711"), "\u{2068}Ana\u{2069}");
        assert_eq!(named(None, "4711"), "\u{2068}4711\u{2069}");
        assert_eq!(named(Some(" \u{200b}"), "4711"), "\u{2068}4711\u{2069}");
        assert_eq!(named(None, ""), "\u{2068}Nummer unterdrückt\u{2069}");
        assert_eq!(named(Some("\u{feff}"), " "), named(None, ""));
    }

    #[test]
    fn what_turns_text_around_or_hides_in_it_is_left_out() {
        let name = "\u{202e}ana\u{2069}\r\n\u{1b}[31m\u{feff}";
        assert_eq!(
            caller(Some(name), "1", words("en")),
            "\u{2068}ana[31m\u{2069}"
        );
        let long = "x".repeat(10_000);
        assert_eq!(
            caller(Some(&long), "1", words("en")).chars().count(),
            LONGEST + 2
        );
    }
}
