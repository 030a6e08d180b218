use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use toml::Spanned;

use super::ADMIN_ROLES_VARIABLE;
use super::rules::Rules;
use crate::directory::AGENT_ROLE;

/// What the platform's roles are called here.
#[derive(Debug)]
pub(crate) struct Roles {
    /// By the platform's label.
    names: BTreeMap<String, String>,
}

impl Roles {
    pub(super) fn new(names: BTreeMap<String, String>) -> Self {
        Self { names }
    }

    /// Returns the role of somebody with these labels: an agent's, if one of them is that, else the
    /// first. Who has none at all is an agent, because nobody should work without a phone by mistake.
    pub(crate) fn of<'a>(&self, labels: impl Iterator<Item = &'a str>) -> String {
        let mut first = None;
        for label in labels {
            let role = self.name(label);
            if role == AGENT_ROLE {
                return role;
            }
            first.get_or_insert(role);
        }
        first.unwrap_or_else(|| AGENT_ROLE.to_owned())
    }

    /// Returns the name that is set for a label, else the label in small letters with hyphens: "CC
    /// Agent" is `cc-agent`.
    fn name(&self, label: &str) -> String {
        if let Some(name) = self.names.get(label) {
            return name.clone();
        }
        label
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    }
}

impl Rules<'_> {
    /// Reads the roles of administrators. A role without a name would be that of whoever has none.
    pub(super) fn admin_roles(&mut self, in_file: &[Spanned<String>]) -> Vec<String> {
        if let Some(text) = self.sources.optional_variable(ADMIN_ROLES_VARIABLE) {
            let roles = text.expose_secret().split(',').map(str::trim);
            return roles
                .filter(|role| !role.is_empty())
                .map(str::to_owned)
                .collect();
        }
        for role in in_file {
            if role.get_ref().trim().is_empty() {
                let problem = "admin_roles has a role without a name".to_owned();
                self.report(&role.span(), problem);
            }
        }
        in_file.iter().map(|role| role.get_ref().clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_roles_and_an_agents_comes_first() {
        let names = [("Telecaller", "cc-agent"), ("Boss", "executive")];
        let names = names.map(|(label, role)| (label.to_owned(), role.to_owned()));
        let roles = Roles::new(names.into());
        for (labels, role) in [
            (&["CC Agent"][..], "cc-agent"),
            (&["cc-agent"], "cc-agent"),
            (&["Manager"], "manager"),
            (&["Team / Lead"], "team-lead"),
            (&["Manager", "Boss"], "manager"),
            (&["Manager", "Telecaller"], "cc-agent"),
            (&["Boss"], "executive"),
            (&[], "cc-agent"),
        ] {
            assert_eq!(roles.of(labels.iter().copied()), role, "{labels:?}");
        }
    }
}
