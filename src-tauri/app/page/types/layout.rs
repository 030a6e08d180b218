//! Lays out what ts-rs writes in one line as a person would, so that a change of a type is a change
//! of few lines.

/// More characters than this do not stay in one line.
const WIDTH: usize = 100;

/// Gives each variant of an enum and each field of a struct a line of its own.
pub(super) fn lines(declaration: &str) -> String {
    let (head, body) = declaration.split_once(" = ").unwrap();
    let variants = split(body.trim_end_matches(';'), '|');
    if let [fields] = variants.as_slice() {
        return format!("{head} = {};", block(fields, "", fields.starts_with('{')));
    }
    let whole = variants.join(" | ");
    if !whole.contains('{') && head.len() + whole.len() < WIDTH {
        return format!("{head} = {whole};");
    }
    let mut text = format!("{head} =");
    for variant in variants {
        let long = variant.contains('\n') || variant.len() > WIDTH;
        text.push_str("\n  | ");
        text.push_str(&block(variant, "    ", long));
    }
    text.push(';');
    text
}

/// Says what the docs of Rust mean in the page, in one line where there is one.
pub(super) fn in_words_of_the_page(text: &str) -> String {
    let text = text
        .replace("`None`", "`null`")
        .replace("[`", "`")
        .replace("`]", "`");
    let mut laid_out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut ahead = lines.clone();
        let (said, end) = (ahead.next(), ahead.next());
        if line.trim() == "/**"
            && end.is_some_and(|it| it.trim() == "*/")
            && let Some(said) = said
        {
            let said = said.trim().trim_start_matches('*').trim();
            laid_out.push_str(&line.replace("/**", &format!("/** {said} */")));
            lines = ahead;
        } else {
            laid_out.push_str(line);
        }
        laid_out.push('\n');
    }
    laid_out
}

/// Lays out the fields between two braces; what has none stays as it is.
fn block(text: &str, indent: &str, long: bool) -> String {
    let Some(fields) = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')) else {
        return text.to_owned();
    };
    let fields: Vec<String> = split(fields, ',').into_iter().map(unquoted).collect();
    if !long {
        return format!("{{ {} }}", fields.join("; "));
    }
    let mut text = String::from("{\n");
    for field in fields {
        for line in field.lines() {
            text.push_str(indent);
            text.push_str("  ");
            text.push_str(line);
            text.push('\n');
        }
        text.pop();
        text.push_str(";\n");
    }
    text.push_str(indent);
    text.push('}');
    text
}

/// Takes the quotes from the name of a field.
fn unquoted(field: &str) -> String {
    let name = field.strip_prefix('"').and_then(|it| it.split_once("\": "));
    match name {
        Some((name, of)) => format!("{name}: {of}"),
        None => field.to_owned(),
    }
}

/// Splits where `at` stands outside of texts, comments and brackets.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quoted, mut comment) = (0, 0, false, false);
    for (place, found) in text.char_indices() {
        let rest = &text[place..];
        if comment {
            comment = !rest.starts_with("*/");
        } else if quoted {
            quoted = found != '"';
        } else if rest.starts_with("/*") {
            comment = true;
        } else {
            match found {
                '"' => quoted = true,
                '{' | '[' | '(' | '<' => depth += 1,
                '}' | ']' | ')' | '>' => depth -= 1,
                _ if found == at && depth == 0 => {
                    parts.push(text[start..place].trim());
                    start = place + at.len_utf8();
                }
                _ => {}
            }
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_and_fields_have_lines_of_their_own() {
        for (made, laid_out) in [
            ("type A = number;", "type A = number;"),
            ("type A = \"a\" | \"b\";", "type A = \"a\" | \"b\";"),
            (
                "type A = { \"state\": \"off\" } | { \"state\": \"on\", at: number | null, };",
                "type A =\n  | { state: \"off\" }\n  | { state: \"on\"; at: number | null };",
            ),
            (
                "type A = { a: Array<string>, \n/**\n * What it's, \"say\" {.\n */\nb: \"x\" | \"y\", };",
                "type A = {\n  a: Array<string>;\n  /**\n   * What it's, \"say\" {.\n   */\n  b: \"x\" | \"y\";\n};",
            ),
        ] {
            assert_eq!(lines(made), laid_out);
        }
    }

    #[test]
    fn a_comment_of_one_line_stays_in_one() {
        for (made, laid_out) in [
            (
                "/**\n * One [`A`] or `None`.\n */\nx",
                "/** One `A` or `null`. */\nx\n",
            ),
            (
                "  /**\n   * One\n   * two.\n   */",
                "  /**\n   * One\n   * two.\n   */\n",
            ),
        ] {
            assert_eq!(in_words_of_the_page(made), laid_out);
        }
    }
}
