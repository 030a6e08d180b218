use std::fmt;

use phone::Stored;
use secrecy::SecretString;
use sidecar_api::AgentConfig;

/// Keeps the account and the tokens of a session.
///
/// The engine calls it on a thread of its own, where it may block, as a keyring does that asks its
/// user; what takes longer than 5 s is told as a fault.
pub trait Vault: fmt::Debug + Send {
    /// Keeps `stored` in place of what it kept of the same kind.
    fn store(&mut self, stored: Stored) -> Result<(), VaultFault>;

    /// Forgets everything.
    fn wipe(&mut self) -> Result<(), VaultFault>;
}

/// The vault could not keep or give something: why, without the thing itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct VaultFault(pub String);

/// A vault that lives as long as the process; what it drops is overwritten first.
///
/// Account and tokens are separate entries, because the tokens change with every refresh and
/// because some keyrings hold only small entries.
#[derive(Debug, Default)]
pub struct MemoryVault {
    agent_config: Option<Box<AgentConfig>>,
    tokens: Option<Tokens>,
}

/// The tokens of the session that is kept.
#[derive(Debug)]
pub struct Tokens {
    pub access_token: SecretString,
    pub refresh_token: SecretString,
}

impl MemoryVault {
    pub fn agent_config(&self) -> Option<&AgentConfig> {
        self.agent_config.as_deref()
    }

    pub fn tokens(&self) -> Option<&Tokens> {
        self.tokens.as_ref()
    }
}

impl Vault for MemoryVault {
    fn store(&mut self, stored: Stored) -> Result<(), VaultFault> {
        match stored {
            Stored::AgentConfig(config) => self.agent_config = Some(config),
            Stored::Tokens {
                access_token,
                refresh_token,
            } => {
                self.tokens = Some(Tokens {
                    access_token,
                    refresh_token,
                });
            }
        }
        Ok(())
    }

    fn wipe(&mut self) -> Result<(), VaultFault> {
        self.agent_config = None;
        self.tokens = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn new_tokens_take_the_place_of_the_old_and_a_wipe_leaves_nothing() {
        let mut vault = MemoryVault::default();
        vault
            .store(Stored::AgentConfig(Box::new(account())))
            .unwrap();
        for access in ["first", "second"] {
            vault
                .store(Stored::Tokens {
                    access_token: access.into(),
                    refresh_token: "refresh".into(),
                })
                .unwrap();
        }
        assert_eq!(
            vault.tokens().unwrap().access_token.expose_secret(),
            "second"
        );
        assert_eq!(vault.agent_config().unwrap().sip_extension, "700201");

        vault.wipe().unwrap();

        assert!(vault.tokens().is_none());
        assert!(vault.agent_config().is_none());
    }

    #[test]
    fn the_debug_form_shows_no_secret() {
        let mut vault = MemoryVault::default();
        vault
            .store(Stored::AgentConfig(Box::new(account())))
            .unwrap();
        vault
            .store(Stored::Tokens {
                access_token: "canary".into(),
                refresh_token: "canary".into(),
            })
            .unwrap();
        assert!(!format!("{vault:?}").contains("canary"));
    }

    fn account() -> AgentConfig {
        AgentConfig {
            ozonetel_agent_id: "agent2".into(),
            sip_extension: "700201".into(),
            sip_password: "canary".into(),
            sip_uri: "sip:700201@sip.example".into(),
            sip_ws_server: "wss://sip.example:444".into(),
            campaign_name: None,
            ice_servers: Vec::new(),
        }
    }
}
