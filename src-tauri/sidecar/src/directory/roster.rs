//! The users of the configuration file.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::User;
use crate::password::StoredHash;

/// Users with their password hashes, by e-mail and by member.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    users: HashMap<String, RosterUser>,
    emails_by_member: HashMap<String, String>,
}

pub(crate) struct RosterUser {
    pub(crate) user: User,
    pub(crate) password: Arc<StoredHash>,
}

impl Roster {
    /// Takes users whose folded e-mails and members are all different.
    pub(crate) fn new(users: impl IntoIterator<Item = (String, RosterUser)>) -> Self {
        let users: HashMap<String, RosterUser> = users.into_iter().collect();
        let emails_by_member = users
            .iter()
            .filter_map(|(email, found)| Some((found.user.member_id.clone()?, email.clone())))
            .collect();
        Self {
            users,
            emails_by_member,
        }
    }

    pub(crate) fn user(&self, folded_email: &str) -> Option<&RosterUser> {
        self.users.get(folded_email)
    }

    pub(crate) fn user_of_member(&self, member_id: &str) -> Option<&RosterUser> {
        self.users.get(self.emails_by_member.get(member_id)?)
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &RosterUser> {
        self.users.values()
    }
}

impl fmt::Debug for RosterUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RosterUser")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
