use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, bail};
use lab::{
    World,
    ozonetel::{self, Mode, Ozonetel},
    platform::{self, Agent, Platform, User},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use crate::{narrator::Narrator, phone::read_log};

/// Somebody who can sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
    pub(crate) password: &'static str,
    pub(crate) phone: Option<PhoneAccount>,
}

/// The phone of an agent; the password is the lab's built-in one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PhoneAccount {
    pub(crate) extension: &'static str,
    pub(crate) sip_password: &'static str,
}

pub(crate) const ANA: Person = Person {
    name: "Ana",
    email: "ana@helix.example",
    password: "ana's demo password",
    phone: Some(PhoneAccount {
        extension: "700201",
        sip_password: "ana-lab-secret",
    }),
};
pub(crate) const RAVI: Person = Person {
    name: "Ravi",
    email: "ravi@helix.example",
    password: "ravi's demo password",
    phone: Some(PhoneAccount {
        extension: "700202",
        sip_password: "ravi-lab-secret",
    }),
};
pub(crate) const MAYA: Person = Person {
    name: "Maya",
    email: "maya@helix.example",
    password: "maya's demo password",
    phone: None,
};

/// The sidecar as a process; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Sidecar {
    pub(crate) url: String,
    _child: Child,
    /// Where its users come from, unless from a file.
    pub(crate) others: Option<Others>,
}

/// The servers of others that stand behind a sidecar, which this program plays.
#[derive(Debug)]
pub(crate) struct Others {
    pub(crate) platform: Platform,
    pub(crate) ozonetel: Ozonetel,
}

/// The sidecar's start, and each password hash, takes tenths of a second.
const PATIENCE: Duration = Duration::from_secs(20);

impl Sidecar {
    /// Writes the configuration with the lab's address in it, and serves it on a free port.
    pub(crate) async fn start(
        program: &Path,
        world: &World,
        out: &Path,
        with_others: bool,
        narrator: &Narrator,
    ) -> anyhow::Result<Self> {
        let others = match with_others {
            true => Some(Others::start().await),
            false => None,
        };
        let config = match &others {
            // The environment says everything.
            Some(_) => write(out, "")?,
            None => write(out, &config(program, world).await?)?,
        };
        let mut command = Command::new(program);
        if let Some(others) = &others {
            command.envs(others.environment(world));
        }
        // Ctrl-C is for the phones, which then sign out here.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("Cannot start {}", program.display()))?;
        let log = narrator.log("the sidecar", out.join("sidecar.log"));
        let stderr = child.stderr.take().context("No standard error")?;
        tokio::spawn(read_log(stderr, log));
        let stdout = child.stdout.take().context("No standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line())
            .await
            .context("The sidecar did not say where it listens")?
            .context("The sidecar cannot be read")?;
        match first
            .as_deref()
            .and_then(|line| line.strip_prefix("listening on "))
        {
            Some(url) => Ok(Self {
                url: url.to_owned(),
                _child: child,
                others,
            }),
            None => bail!("The sidecar did not start; it said {first:?}"),
        }
    }
}

impl Others {
    /// Starts both with the people of the demo in them.
    async fn start() -> Self {
        let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
        for (number, person) in (1..).zip([ANA, RAVI, MAYA]) {
            let agent_id = format!("agent{number}");
            platform.with(|it| {
                let member: &'static str = format!("member-{number}").leak();
                let role = if person.phone.is_some() {
                    "CC Agent"
                } else {
                    "Manager"
                };
                let user = User {
                    member: Some(member),
                    roles: vec![role],
                    refusal: None,
                };
                it.users.insert(person.email.to_owned(), user);
                let password = person.password.to_owned();
                it.passwords.insert(person.email.to_owned(), password);
                if let Some(phone) = person.phone {
                    let mut agent = Agent::new(member, &agent_id, phone.extension);
                    agent.fields["sippassword"] = phone.sip_password.into();
                    agent.fields["campaignname"] = "Demo".into();
                    it.agents.push(agent);
                }
            });
            ozonetel.with(|it| {
                it.campaigns.insert("Demo".to_owned());
                // All have the one that the sidecar is given.
                it.passwords.insert(agent_id, OZONETEL_PASSWORD.to_owned());
            });
        }
        Self { platform, ozonetel }
    }

    /// Returns what a sidecar has to know of them.
    fn environment(&self, world: &World) -> [(&'static str, String); 10] {
        [
            ("PLATFORM_URL", self.platform.url.clone()),
            ("PLATFORM_ORIGIN", platform::ORIGIN.to_owned()),
            ("PLATFORM_API_KEY", platform::API_KEY.to_owned()),
            ("SIP_DOMAIN", world.domain().to_owned()),
            ("SIP_WS_SERVER", world.wss_url().to_owned()),
            ("OZONETEL_URL", self.ozonetel.url.clone()),
            ("OZONETEL_USER_NAME", ozonetel::USER_NAME.to_owned()),
            ("OZONETEL_API_KEY", ozonetel::API_KEY.to_owned()),
            ("OZONETEL_AUTHENTICATION", "api-key".to_owned()),
            ("OZONETEL_AGENT_PASSWORD", OZONETEL_PASSWORD.to_owned()),
        ]
    }
}

/// What all agents of the demo have at Ozonetel.
const OZONETEL_PASSWORD: &str = "a demo password at Ozonetel";

fn write(out: &Path, text: &str) -> anyhow::Result<PathBuf> {
    let path = out.join("sidecar.toml");
    std::fs::write(&path, text).with_context(|| format!("Cannot write {}", path.display()))?;
    Ok(path)
}

/// Returns the configuration of a sidecar that has its users from a file.
async fn config(program: &Path, world: &World) -> anyhow::Result<String> {
    let mut text = String::new();
    for (number, person) in (1..).zip([ANA, RAVI, MAYA]) {
        let hash = hash_password(program, person.password).await?;
        let agent_id = format!("agent{number}");
        let role = if person.phone.is_some() {
            "cc-agent"
        } else {
            "manager"
        };
        if let Some(phone) = person.phone {
            table(
                &mut text,
                "agents",
                &[
                    ("ozonetel_agent_id", &agent_id),
                    ("sip_extension", phone.extension),
                    ("sip_password", phone.sip_password),
                    ("sip_uri", &world.sip_uri(phone.extension)),
                    ("sip_ws_server", world.wss_url()),
                    ("campaign_name", "Demo"),
                ],
            );
        }
        let member_id = format!("member-{number}");
        let mut user = vec![
            ("email", person.email),
            ("name", person.name),
            ("role", role),
            ("password_hash", &hash),
            ("member_id", &member_id),
        ];
        if person.phone.is_some() {
            user.push(("agent", &agent_id));
        }
        table(&mut text, "users", &user);
    }
    Ok(text)
}

/// Adds one `[[name]]`; the values are plain ASCII, for which JSON's and TOML's strings are the same.
fn table(text: &mut String, name: &str, fields: &[(&str, &str)]) {
    text.push_str(&format!("[[{name}]]\n"));
    for (key, value) in fields {
        text.push_str(&format!("{key} = {}\n", serde_json::json!(value)));
    }
    text.push('\n');
}

async fn hash_password(program: &Path, password: &str) -> anyhow::Result<String> {
    let mut child = Command::new(program)
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("Cannot start {}", program.display()))?;
    let mut stdin = child.stdin.take().context("No standard input")?;
    stdin
        .write_all(format!("{password}\n").as_bytes())
        .await
        .context("helix-sidecar hash-password takes no password")?;
    drop(stdin);
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output())
        .await
        .context("helix-sidecar hash-password does not end")?
        .context("helix-sidecar hash-password cannot be read")?;
    let hash = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || hash.is_empty() {
        bail!(
            "{} hash-password printed {hash:?} and ended with {}",
            program.display(),
            output.status
        );
    }
    Ok(hash)
}
