//! What the platform can be asked, by generation and path; refusals are in the words of graphql-js.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Generation,
    graphql::{Argument, Field, Operation, OperationKind},
};

/// A field of `Query` or `Mutation`.
struct Root {
    name: &'static str,
    kind: OperationKind,
    /// With their types.
    arguments: &'static [(&'static str, &'static str)],
    /// The type of its value.
    of: &'static str,
}

const ROOTS: [Root; 6] = [
    Root {
        name: "getLoginTokenFromCredentials",
        kind: OperationKind::Mutation,
        arguments: &[
            ("email", "String!"),
            ("password", "String!"),
            ("captchaToken", "String"),
            ("origin", "String!"),
        ],
        of: "LoginToken",
    },
    Root {
        name: "getAuthTokensFromLoginToken",
        kind: OperationKind::Mutation,
        arguments: &[("loginToken", "String!"), ("origin", "String!")],
        of: "AuthTokens",
    },
    Root {
        name: "renewToken",
        kind: OperationKind::Mutation,
        arguments: &[("appToken", "String!")],
        of: "AuthTokens",
    },
    Root {
        name: SIGN_OUT,
        kind: OperationKind::Mutation,
        arguments: &[("refreshToken", "String!")],
        of: "Boolean",
    },
    Root {
        name: "currentUser",
        kind: OperationKind::Query,
        arguments: &[],
        of: "User",
    },
    Root {
        name: AGENTS,
        kind: OperationKind::Query,
        arguments: &[("first", "Int"), ("filter", "AgentFilterInput")],
        of: "AgentConnection",
    },
];

/// Is of current platforms alone.
const SIGN_OUT: &str = "signOut";

/// Is of the workspace's data; the others are of the platform's own users.
const AGENTS: &str = "agents";

/// The types that have fields, with the types of these; lists are as what is in them.
const TYPES: [(&str, &[(&str, &str)]); 12] = [
    ("LoginToken", &[("loginToken", "AuthToken")]),
    ("AuthTokens", &[("tokens", "AuthTokenPair")]),
    (
        "AuthTokenPair",
        &[
            (PLAIN_ACCESS_TOKEN, "AuthToken"),
            (AGNOSTIC_ACCESS_TOKEN, "AuthToken"),
            ("refreshToken", "AuthToken"),
        ],
    ),
    (
        "AuthToken",
        &[("token", "String"), ("expiresAt", "DateTime")],
    ),
    (
        "User",
        &[
            ("id", "UUID"),
            ("email", "String"),
            ("firstName", "String"),
            ("lastName", "String"),
            ("workspaceMember", "WorkspaceMember"),
        ],
    ),
    (
        "WorkspaceMember",
        &[
            ("id", "UUID"),
            ("name", "FullName"),
            ("userEmail", "String"),
            ("roles", "Role"),
        ],
    ),
    (
        "FullName",
        &[("firstName", "String"), ("lastName", "String")],
    ),
    ("Role", &[("id", "UUID"), ("label", "String")]),
    (
        "AgentConnection",
        &[("edges", "AgentEdge"), ("pageInfo", "PageInfo")],
    ),
    ("AgentEdge", &[("node", "Agent")]),
    ("PageInfo", &[("hasNextPage", "Boolean")]),
    (
        "Agent",
        &[
            ("id", "UUID"),
            ("ozonetelagentid", "String"),
            ("sipextension", "String"),
            ("sippassword", "String"),
            ("campaignname", "String"),
            ("wsmemberId", "UUID"),
            // A field that this workspace has added.
            ("ozonetelpassword", "String"),
        ],
    ),
];

/// The types of arguments that have fields.
const INPUTS: [(&str, &[(&str, &str)]); 2] = [
    (
        "AgentFilterInput",
        &[("id", "UUIDFilter"), ("wsmemberId", "UUIDFilter")],
    ),
    (
        "UUIDFilter",
        &[
            ("eq", "UUID"),
            ("in", "[UUID!]"),
            ("neq", "UUID"),
            ("is", "FilterIs"),
        ],
    ),
];

/// What the access token of a pair is called, by generation.
const PLAIN_ACCESS_TOKEN: &str = "accessToken";
const AGNOSTIC_ACCESS_TOKEN: &str = "accessOrWorkspaceAgnosticToken";

/// Returns the one field that an operation asks for, if this generation has it at this path with all that is said of it.
pub(super) fn check<'a>(
    operation: &'a Operation,
    generation: Generation,
    path: &str,
) -> Result<&'a Field, String> {
    let [field] = &operation.selection[..] else {
        return Err("This stand-in answers one field at a time.".to_owned());
    };
    let (of, users_path) = (
        match operation.kind {
            OperationKind::Query => "Query",
            OperationKind::Mutation => "Mutation",
        },
        match generation {
            Generation::Current => "/metadata",
            Generation::Old => "/graphql",
        },
    );
    let root = ROOTS.iter().find(|it| {
        let its_path = match it.name {
            AGENTS => "/graphql",
            _ => users_path,
        };
        let is_known = it.name != SIGN_OUT || matches!(generation, Generation::Current);
        it.name == field.name && it.kind == operation.kind && its_path == path && is_known
    });
    let root = root.ok_or_else(|| no_field(&field.name, of))?;
    check_arguments(field, root, operation)?;
    check_value(field, root.of, generation)?;
    Ok(field)
}

/// Whether all variables have values that must have one.
pub(super) fn check_variables(operation: &Operation, values: &Value) -> Result<(), String> {
    let is_missing = |(name, of): &(&String, &String)| {
        of.ends_with('!') && values.get(name.as_str()).is_none_or(Value::is_null)
    };
    match operation.variables.iter().find(is_missing) {
        None => Ok(()),
        Some((name, of)) => Err(format!(
            "Variable \"${name}\" of required type \"{of}\" was not provided."
        )),
    }
}

fn no_field(name: &str, of: &str) -> String {
    format!("Cannot query field \"{name}\" on type \"{of}\".")
}

/// Checks what is asked for of a field's value, which is of this type.
fn check_value(field: &Field, of: &str, generation: Generation) -> Result<(), String> {
    let name = &field.name;
    let Some(fields) = fields_of(&TYPES, of) else {
        return match field.selection.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "Field \"{name}\" must not have a selection since type \"{of}\" has no subfields."
            )),
        };
    };
    if field.selection.is_empty() {
        return Err(format!(
            "Field \"{name}\" of type \"{of}\" must have a selection of subfields."
        ));
    }
    let strange = match generation {
        Generation::Current => PLAIN_ACCESS_TOKEN,
        Generation::Old => AGNOSTIC_ACCESS_TOKEN,
    };
    for inner in &field.selection {
        let known = fields.iter().find(|(it, _)| inner.name == *it);
        let known = known.filter(|(it, _)| *it != strange);
        let (_, its_type) = known.ok_or_else(|| no_field(&inner.name, of))?;
        if let Some(argument) = inner.arguments.keys().next() {
            return Err(no_argument(argument, of, &inner.name));
        }
        check_value(inner, its_type, generation)?;
    }
    Ok(())
}

fn check_arguments(field: &Field, root: &Root, operation: &Operation) -> Result<(), String> {
    let of = match root.kind {
        OperationKind::Query => "Query",
        OperationKind::Mutation => "Mutation",
    };
    let mut used = BTreeSet::new();
    for (name, argument) in &field.arguments {
        let wanted = root.arguments.iter().find(|(it, _)| name == it);
        let (_, wanted) = wanted.ok_or_else(|| no_argument(name, of, &field.name))?;
        check_argument(argument, wanted, operation, &mut used)?;
    }
    for (name, wanted) in root.arguments {
        if wanted.ends_with('!') && !field.arguments.contains_key(*name) {
            return Err(format!(
                "Field \"{}\" argument \"{name}\" of type \"{wanted}\" is required, but it was not provided.",
                field.name
            ));
        }
    }
    match operation.variables.keys().find(|it| !used.contains(*it)) {
        None => Ok(()),
        Some(name) => Err(format!("Variable \"${name}\" is never used.")),
    }
}

fn no_argument(name: &str, of: &str, field: &str) -> String {
    format!("Unknown argument \"{name}\" on field \"{of}.{field}\".")
}

/// Checks what is in the place of a value of this type, and notes the variables in it.
fn check_argument<'a>(
    argument: &'a Argument,
    wanted: &str,
    operation: &Operation,
    used: &mut BTreeSet<&'a String>,
) -> Result<(), String> {
    let bare = wanted.trim_end_matches('!');
    let is_right = match argument {
        Argument::Variable(name) => {
            used.insert(name);
            let of = operation.variables.get(name);
            let of = of.ok_or_else(|| format!("Variable \"${name}\" is not defined."))?;
            if of != wanted && of.trim_end_matches('!') != wanted {
                return Err(format!(
                    "Variable \"${name}\" of type \"{of}\" used in position expecting type \"{wanted}\"."
                ));
            }
            true
        }
        Argument::Object(values) => {
            let fields = fields_of(&INPUTS, bare).unwrap_or_default();
            for (name, value) in values {
                let field = fields.iter().find(|(it, _)| name == it);
                let undefined = || format!("Field \"{name}\" is not defined by type \"{bare}\".");
                let (_, of) = field.ok_or_else(undefined)?;
                check_argument(value, of, operation, used)?;
            }
            !fields.is_empty()
        }
        Argument::List(items) => {
            let of = bare.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
            for item in items {
                check_argument(item, of.unwrap_or(bare), operation, used)?;
            }
            of.is_some()
        }
        Argument::Number(_) => bare == "Int",
        Argument::Text(_) => ["String", "UUID"].contains(&bare),
        Argument::Word(word) => match word.as_str() {
            "null" => bare == wanted,
            "true" | "false" => bare == "Boolean",
            _ => bare == "FilterIs",
        },
    };
    match is_right {
        true => Ok(()),
        false => Err(format!(
            "Expected value of type \"{wanted}\", found {argument:?}."
        )),
    }
}

fn fields_of(
    types: &[(&str, &'static [(&'static str, &'static str)])],
    of: &str,
) -> Option<&'static [(&'static str, &'static str)]> {
    let found = types.iter().find(|(name, _)| *name == of);
    found.map(|(_, fields)| *fields)
}
