//! The generations of the platform: where it takes its users' questions, and how it names fields.

/// How a version of the platform is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) user_path: UserPath,
    pub(super) token_field: TokenField,
}

/// Where sign-ins and the current user are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserPath {
    /// Current versions.
    Metadata,
    /// Versions until about 2025.
    Graphql,
}

/// What the access token of a pair is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenField {
    /// `accessOrWorkspaceAgnosticToken`, in current versions.
    WorkspaceAgnostic,
    /// `accessToken`, in older ones.
    Plain,
}

impl Default for Dialect {
    /// The current version's.
    fn default() -> Self {
        Self {
            user_path: UserPath::Metadata,
            token_field: TokenField::WorkspaceAgnostic,
        }
    }
}

impl Dialect {
    /// Returns this one, then the others, the likelier first.
    pub(super) fn and_others(self) -> [Self; 4] {
        let path = match self.user_path {
            UserPath::Metadata => UserPath::Graphql,
            UserPath::Graphql => UserPath::Metadata,
        };
        let field = match self.token_field {
            TokenField::WorkspaceAgnostic => TokenField::Plain,
            TokenField::Plain => TokenField::WorkspaceAgnostic,
        };
        [
            self,
            Self {
                token_field: field,
                ..self
            },
            Self {
                user_path: path,
                ..self
            },
            Self {
                user_path: path,
                token_field: field,
            },
        ]
    }
}
