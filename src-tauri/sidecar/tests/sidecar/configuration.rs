use std::fs;
use std::path::Path;

use sidecar::{Config, ConfigError, Problem};

use crate::world::{JWT_SECRET, SIP_PASSWORD, config_text};

#[test]
fn the_example_is_without_problems() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sidecar.example.toml");
    Config::load(Some(&path), None).unwrap();
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let good = config_text("");
    for (find, replace, line_with, words) in [
        (
            "[settings]",
            "[settings]\nttl = 5",
            "ttl = 5",
            "unknown field `ttl`",
        ),
        (
            "[settings]",
            "[settings]\nttl_seconds = 0",
            "ttl_seconds",
            "ttl_seconds must not be 0",
        ),
        (
            "[settings]",
            "[settings]\naccess_token_seconds = 901",
            "access_token_seconds",
            "access_token_seconds (901) must be at most 900",
        ),
        (
            "[settings]",
            "[settings]\nrefresh_token_seconds = 600",
            "refresh_token_seconds = 600",
            "must be more than access_token_seconds (900)",
        ),
        (
            "[settings]",
            "[settings]\nttl_seconds = -1",
            "ttl_seconds",
            "-1",
        ),
        (
            "[settings]",
            "[settings]\nadmin_roles = [\"boss\", \" \"]",
            "admin_roles",
            "a role without a name",
        ),
        (
            "[settings]",
            "[settings]\nheartbeat_seconds = 1801",
            "heartbeat",
            "at most half",
        ),
        (
            "[settings]",
            "[settings]\nttl_seconds = 599",
            "ttl_seconds",
            "at most half",
        ),
        (
            "[settings]",
            "[settings]\n[settings.login_limits]\naccount_bursts = 1",
            "account_bursts",
            "unknown field `account_bursts`",
        ),
        (
            "sip_uri = \"sip:700201@",
            "sip_url = \"sip:700201@",
            "sip_url",
            "unknown field `sip_url`",
        ),
        (
            "sip_uri = \"sip:700201@sip.example\"\n",
            "",
            "[[agents]]",
            "missing field `sip_uri`",
        ),
        ("urls = [", "url = [", "url = [", "unknown field `url`"),
        (
            "name = \"ana\"",
            "nickname = \"ana\"",
            "nickname",
            "unknown field `nickname`",
        ),
        (
            "sip_extension = \"700202\"",
            "sip_extension = \"700201\"",
            "sip_extension = \"700201\"#2",
            "\"agent1\" and \"agent2\" share the sip_extension \"700201\"",
        ),
        (
            "agent_id = \"agent2\"",
            "agent_id = \"agent1\"",
            "agent_id = \"agent1\"#2",
            "two agents have the ozonetel_agent_id \"agent1\"",
        ),
        (
            "agent = \"agent1\"",
            "agent = \"agent7\"",
            "agent = \"agent7\"",
            "there is no agent \"agent7\"",
        ),
        (
            "role = \"manager\"",
            "role = \"cc-agent\"\nagent = 5",
            "agent = 5",
            "invalid type",
        ),
        (
            "role = \"manager\"",
            "role = \"manager\"\nagent = \"agent1\"",
            "role = \"manager\"+1",
            "only the role \"cc-agent\" has an agent",
        ),
        (
            "sip:700201@sip.example",
            "700201@sip.example",
            "sip_uri",
            "must begin with sip:",
        ),
        (
            "sip:700201@sip.example",
            "sip:sip.example",
            "sip_uri",
            "lacks its user",
        ),
        (
            "sip:700201@sip.example",
            "sip:@sip.example",
            "sip_uri",
            "impossible user",
        ),
        (
            "sip:700201@sip.example",
            "sip:7 1@sip.example",
            "sip_uri",
            "impossible user",
        ),
        (
            "sip:700201@sip.example",
            "sip:7@sip example",
            "sip_uri",
            "impossible host",
        ),
        (
            "sip:700201@sip.example",
            "sip:7@",
            "sip_uri",
            "impossible host",
        ),
        (
            "sip:700201@sip.example",
            "sip:7@sip.example:0",
            "sip_uri",
            "impossible port",
        ),
        (
            "wss://sip.example:444",
            "ws://sip.example:444",
            "sip_ws_server",
            "must begin with wss://",
        ),
        (
            "wss://sip.example:444",
            "https://sip.example",
            "sip_ws_server",
            "must begin with wss://",
        ),
        (
            "wss://sip.example:444",
            "sip.example",
            "sip_ws_server",
            "is no address",
        ),
        (
            "wss://sip.example:444",
            "wss://",
            "sip_ws_server",
            "is no address",
        ),
        (
            "turn:turn.example",
            "http://turn.example",
            "ice_servers",
            "is no stun:",
        ),
        (
            "\"ravi@helix.example\"",
            "\"Ana@Helix.Example\"",
            "Ana@",
            "two users have the email",
        ),
        ("ravi@helix.example", "ravi", "\"ravi\"", "is no e-mail"),
        (
            "\"m-ravi\"",
            "\"m-ana\"",
            "\"m-ana\"#2",
            "share the member_id \"m-ana\"",
        ),
        (
            "[settings]",
            "[settings]\ntrusted_proxies = [\"proxy\"]",
            "trusted_proxies",
            "invalid IP address",
        ),
        (
            "[settings]",
            "[settings]\nmetrics_from = [\"10.0.0.0/8\", \"::/0\"]",
            "metrics_from",
            "::/0 is everybody",
        ),
        ("[[users]]", "[[user]]", "[[user]]", "unknown field `user`"),
        ("[[agents]]", "[[agents]", "[[agents]", ""),
    ] {
        let text = good.replacen(find, replace, 1);
        assert_ne!(text, good, "{find}");
        let problem = problems(&text).remove(0);
        assert_eq!(problem.line, Some(line_of(&text, line_with)), "{problem}");
        assert!(problem.text.contains(words), "{problem}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let text = config_text("ttl_seconds = 0")
        .replace("wss:", "ws:")
        .replace("agent = \"agent2\"", "agent = \"agent7\"");
    // The term, and half of it; two servers; Ravi and Rita.
    assert_eq!(problems(&text).len(), 6);
}

#[test]
fn each_mistake_of_the_shape_is_named_and_none_follows_from_another() {
    let text = config_text("ttl = 5\nheartbeat_seconds = \"soon\"\nmax_connections = -1")
        .replacen("sip_uri = \"sip:700201@sip.example\"", "sip_uri = 7", 1)
        .replace("name = \"ravi\"\n", "")
        .replace("urls = [\"turn:turn.example\"]", "urls = [1]");
    let problems = problems(&text);
    for (mark, words) in [
        ("ttl = 5", "unknown field `ttl`"),
        ("heartbeat_seconds", "invalid type: string"),
        ("max_connections", "-1"),
        ("sip_uri = 7", "invalid type: integer"),
        ("urls = [1]", "invalid type: integer"),
        ("urls = [1]#2", "invalid type: integer"),
    ] {
        let line = Some(line_of(&text, mark));
        let is_told = |it: &Problem| it.line == line && it.text.contains(words);
        assert!(problems.iter().any(is_told), "{mark}: {problems:?}");
    }
    let is_missing = |it: &Problem| it.text == "missing field `name`";
    assert!(problems.iter().any(is_missing), "{problems:?}");
    assert_eq!(problems.len(), 7, "{problems:?}");
}

#[test]
fn beside_unknown_keys_what_else_is_wrong_is_named() {
    let text = config_text("ttl = 5\nttl_seconds = 0").replace("wss:", "ws:");
    let told: Vec<_> = problems(&text).iter().map(ToString::to_string).collect();
    for words in [
        "unknown field `ttl`",
        "ttl_seconds must not be 0",
        "sip_ws_server of",
    ] {
        assert!(told.iter().any(|it| it.contains(words)), "{told:?}");
    }
}

#[test]
fn half_a_configuration_by_the_environment_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), "canary\n").unwrap();
    let read = |text: &str, given: (&str, &str)| {
        let variable = |name: &str| (name == given.0).then(|| given.1.to_owned());
        Config::from_toml(text, folder.path(), variable).map_err(|error| error.to_string())
    };
    for (given, missing) in [
        (("PLATFORM_API_KEY_FILE", "key"), "PLATFORM_URL"),
        (("PLATFORM_ORIGIN", "https://crm.example"), "PLATFORM_URL"),
        (("SIP_DOMAIN", "sip.example"), "PLATFORM_URL"),
        (("OZONETEL_API_KEY_FILE", "key"), "OZONETEL_URL"),
        (("OZONETEL_AUTHENTICATION", "token"), "OZONETEL_API_KEY"),
        (("OZONETEL_AGENT_PASSWORD", "p"), "OZONETEL_USER_NAME"),
        (("OZONETEL_DID", "918000000000"), "OZONETEL_URL"),
        (("OZONETEL_PAUSE_REASONS", "Lunch"), "OZONETEL_URL"),
    ] {
        let error = read("", given).unwrap_err();
        let words = format!("{missing} (or ");
        assert!(error.contains(&words), "{given:?}: {error}");
    }
    // It may be somebody else's.
    read(&config_text(""), ("SIP_DOMAIN", "sip.example")).unwrap();
}

#[test]
fn a_blank_variable_asks_for_no_account() {
    for name in [
        "PLATFORM_URL",
        "PLATFORM_API_KEY",
        "PLATFORM_API_KEY_FILE",
        "PLATFORM_ORIGIN",
        "SIP_DOMAIN",
        "SIP_WS_SERVER",
        "OZONETEL_URL",
        "OZONETEL_USER_NAME",
        "OZONETEL_API_KEY",
        "OZONETEL_API_KEY_FILE",
        "OZONETEL_AUTHENTICATION",
        "OZONETEL_AGENT_PASSWORD",
        "OZONETEL_DID",
        "OZONETEL_DIDS",
        "OZONETEL_PAUSE_REASONS",
        "OZONETEL_DISPOSITIONS",
        "OZONETEL_WRAP_UP_SECONDS",
        "OZONETEL_WRAP_UP_MORE_SECONDS",
    ] {
        for blank in ["", " "] {
            let variable = |it: &str| (it == name).then(|| blank.to_owned());
            let read = Config::from_toml("", Path::new("."), variable);
            read.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn what_is_of_no_use_is_a_warning() {
    let warnings = |text: &str| -> Vec<String> {
        let config = Config::from_toml(text, Path::new("."), |_| None).unwrap();
        config.warnings().iter().map(ToString::to_string).collect()
    };
    assert!(warnings(&config_text("")).is_empty());
    let nobody = ["nobody can sign in: there are neither [[users]] nor a platform"];
    assert_eq!(warnings(""), nobody);
    let idle = config_text("").replacen("sip_uri", "ozonetel_password = \"p\"\nsip_uri", 1);
    let words = "ozonetel_password of agent \"agent1\" is of no use without an account";
    assert!(warnings(&idle)[0].starts_with(words));
    let many = config_text("max_connections = 10\nmax_connections_per_address = 11");
    let words = "line 3: max_connections_per_address (11) is of no use";
    assert!(warnings(&many)[0].starts_with(words));
}

#[test]
fn a_password_hash_must_be_argon2id_and_is_never_repeated() {
    let good = config_text("");
    let start = good.find("$argon2id").unwrap();
    let hash = &good[start..start + good[start..].find('"').unwrap()];
    for (wrong, text) in [
        ("correct-horse-battery", "is not a PHC string"),
        (
            &hash.replace("argon2id", "argon2i"),
            "is not an argon2id hash",
        ),
        ("$argon2id$v=19$m=8,t=1,p=1", "lacks its salt"),
        (&hash.replace("t=1", "t=0"), "unusable"),
    ] {
        let problem = problems(&good.replacen(hash, wrong, 1)).remove(0);
        assert!(problem.text.contains(text), "{problem}");
        assert!(problem.line.is_some());
        assert!(!problem.to_string().contains(wrong), "{problem}");
    }
}

#[test]
fn secrets_come_from_one_place_and_no_error_repeats_them() {
    let line = format!("sip_password = \"{SIP_PASSWORD}\"");
    for (replace, text) in [
        ("", "needs sip_password"),
        ("sip_password = 4711", "expected a quoted string"),
        ("sip_password = [\"4711\"]", "expected a quoted string"),
        ("sip_password = \"4711", ""),
        ("sip_password = \"\"", "sip_password is empty"),
        (
            "sip_password_env = \"NOWHERE\"",
            "sip_password_env: the environment variable NOWHERE",
        ),
        (
            "sip_password_file = \"no/such/file\"",
            "sip_password_file: cannot read no/such/file",
        ),
        (
            "sip_password = \"4711\"\nsip_password_env = \"X\"",
            "only one of sip_password",
        ),
    ] {
        let problem = problems(&config_text("").replace(&line, replace)).remove(0);
        assert!(problem.text.contains(text), "{problem}");
        assert!(problem.line.is_some(), "{problem}");
        assert!(!problem.to_string().contains("4711"), "{problem}");
    }
}

#[test]
fn secrets_are_read_from_files_and_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sip"), "from-a-file\n").unwrap();
    fs::write(folder.path().join("jwt"), JWT_SECRET).unwrap();
    let text = config_text("jwt_secret_file = \"jwt\"")
        .replace(
            &format!("sip_password = \"{SIP_PASSWORD}\""),
            "sip_password_file = \"sip\"",
        )
        .replace(
            "sip_password = \"a-sip-password-of-agent2\"",
            "sip_password_env = \"SIP_2\"",
        );
    let variable = |name: &str| (name == "SIP_2").then(|| "from-the-environment".to_owned());
    let config = Config::from_toml(&text, folder.path(), variable).unwrap();
    let shown = format!("{config:?}");
    for secret in [
        "from-a-file",
        "from-the-environment",
        JWT_SECRET,
        "$argon2id",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn the_environment_names_files_with_secrets_and_the_proxies() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jwt"), format!("{JWT_SECRET}\n")).unwrap();
    fs::write(folder.path().join("url"), "redis://redis.example\n").unwrap();
    let read = |redis_url: Option<&str>, proxies: &str| {
        let variable = |name: &str| match name {
            "HELIX_JWT_SECRET_FILE" => Some("jwt".to_owned()),
            "REDIS_URL_FILE" => Some("url".to_owned()),
            "REDIS_URL" => redis_url.map(str::to_owned),
            "HELIX_TRUSTED_PROXIES" => Some(proxies.to_owned()),
            _ => None,
        };
        Config::from_toml(&config_text(""), folder.path(), variable)
            .map_err(|error| error.to_string())
    };
    let config = format!("{:?}", read(None, "10.0.0.2, 172.16.0.0/12, ::1").unwrap());
    for part in [
        "trusted_proxies: [10.0.0.2, 172.16.0.0/12, ::1]",
        "redis: Some(",
    ] {
        assert!(config.contains(part), "{config}");
    }
    for (redis_url, proxies, words) in [
        (
            Some("redis://other.example"),
            "",
            "give only one of REDIS_URL and REDIS_URL_FILE",
        ),
        (
            None,
            "10.0.0.0/40",
            "HELIX_TRUSTED_PROXIES: invalid IP address or network: \"10.0.0.0/40\"",
        ),
        (
            None,
            "0.0.0.0/0",
            "HELIX_TRUSTED_PROXIES: 0.0.0.0/0 is everybody",
        ),
    ] {
        assert_eq!(read(redis_url, proxies).unwrap_err(), words);
    }
}

#[test]
fn a_short_signing_key_is_refused() {
    let short = |name: &str| (name == "HELIX_JWT_SECRET").then(|| "x".repeat(31));
    let error = Config::from_toml(&config_text(""), Path::new("."), short).unwrap_err();
    assert_eq!(
        error.to_string(),
        "HELIX_JWT_SECRET must hold at least 32 bytes"
    );
}

#[test]
fn the_key_before_is_another_one_than_the_key() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("old"),
        "an older signing key of thirty-two bytes\n",
    )
    .unwrap();
    fs::write(folder.path().join("same"), JWT_SECRET).unwrap();
    fs::write(folder.path().join("short"), "short").unwrap();
    let read = |file: &str, secret: Option<&str>| {
        let variable = |name: &str| match name {
            "HELIX_JWT_SECRET" => secret.map(str::to_owned),
            _ => None,
        };
        let text = config_text(&format!("jwt_secret_old_file = \"{file}\""));
        Config::from_toml(&text, folder.path(), variable).map_err(|error| error.to_string())
    };
    read("old", Some(JWT_SECRET)).unwrap();
    let name = "line 2: HELIX_JWT_SECRET_OLD (or jwt_secret_old_file)";
    for (file, secret, words) in [
        ("old", None, format!("{name} without HELIX_JWT_SECRET")),
        (
            "same",
            Some(JWT_SECRET),
            format!("{name} is the same key as"),
        ),
        (
            "short",
            Some(JWT_SECRET),
            "line 2: jwt_secret_old_file must hold at least 32 bytes".to_owned(),
        ),
    ] {
        let error = read(file, secret).unwrap_err();
        assert!(error.starts_with(&words), "{error}");
    }
}

#[test]
fn a_life_of_access_tokens_that_is_too_long_is_refused_and_one_that_is_too_short_is_a_warning() {
    for seconds in [301, 900] {
        assert!(warnings(&format!("access_token_seconds = {seconds}")).is_empty());
    }
    let told = warnings("access_token_seconds = 300");
    assert_eq!(told.len(), 1);
    let words = "line 2: access_token_seconds (300) should be at least 301: ";
    assert!(told[0].starts_with(words), "{told:?}");
    // That sessions must outlive it does not follow from it.
    let problems = problems(&config_text("access_token_seconds = 86400"));
    assert_eq!(problems.len(), 1, "{problems:?}");
    let words = "line 2: access_token_seconds (86400) must be at most 900: ";
    assert!(problems[0].to_string().starts_with(words), "{problems:?}");
}

#[test]
fn more_than_ten_guesses_a_minute_at_an_account_are_a_warning() {
    let warnings = |limits: &str| warnings(&format!("[settings.login_limits]\n{limits}"));
    for few in [
        "",
        "account_burst = 5",
        "account_refill_seconds = 11",
        "account_burst = 9\naccount_refill_seconds = 60",
        // An office has one address.
        "address_burst = 1000",
    ] {
        assert!(warnings(few).is_empty(), "{few}");
    }
    for (many, guesses) in [
        ("account_burst = 6", 11),
        ("account_refill_seconds = 10", 11),
        ("account_burst = 10\naccount_refill_seconds = 60", 11),
        ("account_burst = 4294967295", u32::MAX),
    ] {
        let told = warnings(many);
        assert_eq!(told.len(), 1, "{many}");
        let words = format!("line 3: login_limits allow {guesses} wrong passwords of one account");
        assert!(told[0].starts_with(&words), "{told:?}");
    }
}

#[test]
fn a_platform_is_configured_by_file_or_environment_and_every_mistake_is_named() {
    let good = "[platform]\nurl = \"https://crm.example\"\napi_key = \"canary\"\n\
                sip_domain = \"sip.example\"\nsip_ws_server = \"wss://sip.example:444\"\n";
    Config::from_toml(good, Path::new("."), |_| None).unwrap();
    for (find, replace, variables, words) in [
        (
            "url",
            "# url",
            &[][..],
            "PLATFORM_URL (or platform.url) is missing",
        ),
        ("url", "user_path = \"\"\nurl", &[], "platform.user_path"),
        (
            "url = \"https:",
            "url = \"http:",
            &[],
            "platform.url must begin with https://",
        ),
        (
            "api_key",
            "# api_key",
            &[],
            "PLATFORM_API_KEY (or PLATFORM_API_KEY_FILE",
        ),
        (
            "sip_domain",
            "# sip",
            &[],
            "SIP_DOMAIN (or platform.sip_domain) is missing",
        ),
        (
            "sip.example\"\n",
            "sip example\"\n",
            &[],
            "platform.sip_domain is no host",
        ),
        (
            "wss:",
            "ws:",
            &[],
            "platform.sip_ws_server must begin with wss://",
        ),
        (
            "url",
            "ozonetel_password_field = \"a b\"\nurl",
            &[],
            "is no name of a field",
        ),
        ("url", "uri = 1\nurl", &[], "unknown field `uri`"),
        (
            "",
            "",
            &[("PLATFORM_URL", "ftp://x")],
            "PLATFORM_URL must begin with https://",
        ),
        (
            "",
            "",
            &[("PLATFORM_ORIGIN", "x")],
            "PLATFORM_ORIGIN is no address",
        ),
        (
            "",
            "",
            &[("PLATFORM_API_KEY", "")],
            "PLATFORM_API_KEY is empty",
        ),
        (
            "",
            "",
            &[
                ("PLATFORM_API_KEY", "canary"),
                ("PLATFORM_API_KEY_FILE", "f"),
            ],
            "give only one of PLATFORM_API_KEY and PLATFORM_API_KEY_FILE",
        ),
        (
            "",
            "",
            &[("PLATFORM_API_KEY_FILE", "no/file")],
            "PLATFORM_API_KEY_FILE: cannot read",
        ),
    ] {
        let text = good.replacen(find, replace, 1);
        let variable = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let error = Config::from_toml(&text, Path::new("."), variable).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    let both = format!("{good}{}", config_text(""));
    let error = Config::from_toml(&both, Path::new("."), |_| None).unwrap_err();
    assert!(error.to_string().contains("leave [[users]]"), "{error}");
}

#[test]
fn an_account_at_ozonetel_is_configured_whole_or_not_at_all() {
    let good = "[ozonetel]\nurl = \"https://ozonetel.example\"\nuser_name = \"acme\"\n\
                api_key = \"canary\"\nauthentication = \"token\"\n";
    let config = Config::from_toml(good, Path::new("."), |_| None).unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    for (find, replace, words) in [
        ("url", "# url", "OZONETEL_URL (or ozonetel.url) is missing"),
        (
            "user_name",
            "# user",
            "OZONETEL_USER_NAME (or ozonetel.user_name) is missing",
        ),
        (
            "api_key",
            "# api",
            "OZONETEL_API_KEY (or OZONETEL_API_KEY_FILE",
        ),
        (
            "authentication",
            "# a",
            "OZONETEL_AUTHENTICATION (or ozonetel.authentication) is missing",
        ),
        ("\"token\"", "\"basic\"", "must be \"api-key\" or \"token\""),
        ("https:", "http:", "ozonetel.url must begin with https://"),
        (
            "url",
            "agent_password_file = \"no/file\"\nurl",
            "cannot read no/file",
        ),
        ("url", "key = 1\nurl", "unknown field `key`"),
    ] {
        let text = good.replacen(find, replace, 1);
        let error = Config::from_toml(&text, Path::new("."), |_| None).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    let user_name = |name: &str| (name == "OZONETEL_USER_NAME").then(|| "acme".to_owned());
    let error = Config::from_toml("", Path::new("."), user_name).unwrap_err();
    assert!(error.to_string().contains("OZONETEL_URL"), "{error}");
}

#[test]
fn an_agent_without_a_password_at_ozonetel_stops_the_start_and_is_named() {
    let account = "[ozonetel]\nurl = \"https://ozonetel.example\"\nuser_name = \"acme\"\n\
                   api_key = \"canary\"\nauthentication = \"token\"\n";
    let of_all = "agent_password = \"p\"\n";
    let own = config_text("").replacen("sip_uri", "ozonetel_password = \"p\"\nsip_uri", 1);
    let read = |text: &str| Config::from_toml(text, Path::new("."), |_| None);
    let missing = "OZONETEL_AGENT_PASSWORD (or OZONETEL_AGENT_PASSWORD_FILE, or \
                   ozonetel.agent_password_file) is missing, and ";
    read(&format!("{own}{account}{of_all}")).unwrap();
    for (account, others) in [
        (account.to_owned(), 0),
        (account.replace("url", "# url"), 1),
    ] {
        let problems = problems(&format!("{own}{account}"));
        let words = format!("{missing}agent \"agent2\" has no ozonetel_password");
        assert_eq!(problems.len(), 1 + others, "{problems:?}");
        assert!(problems.iter().any(|it| it.text == words), "{problems:?}");
    }
    // What is wrong with a password is told, and nothing that follows from it.
    let unread = own.replacen("ozonetel_password =", "ozonetel_password_file =", 1);
    assert_eq!(problems(&format!("{unread}{account}{of_all}")).len(), 1);
    let unread = account.replace(
        "[ozonetel]",
        "[ozonetel]\nagent_password_file = \"no/file\"",
    );
    assert_eq!(problems(&format!("{own}{unread}")).len(), 1);

    let platform = "[platform]\nurl = \"https://crm.example\"\napi_key = \"canary\"\n\
                    sip_domain = \"sip.example\"\nsip_ws_server = \"wss://sip.example:444\"\n";
    let field = "ozonetel_password_field = \"ozonetelpassword\"\n";
    read(&format!("{platform}{field}{account}")).unwrap();
    read(&format!("{platform}{account}{of_all}")).unwrap();
    let problems = problems(&format!("{platform}{account}"));
    let words = format!("{missing}platform.ozonetel_password_field as well");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].text, words);
}

#[test]
fn what_is_wrong_with_a_queue_is_named_with_its_place() {
    let account = "[ozonetel]\nurl = \"https://ozonetel.example\"\nuser_name = \"acme\"\n\
                   api_key = \"canary\"\nauthentication = \"token\"\n";
    let good = "pause_reasons = [\"Lunch\", \"Tea\"]\ndispositions = [\"Sale\"]\n\
                wrap_up_seconds = 60\nwrap_up_more_seconds = 30\ndid = \"918000000000\"\n";
    let read = |text: &str, variable: (&str, &str)| {
        let text = format!("{account}{text}");
        let variable = |name: &str| (name == variable.0).then(|| variable.1.to_owned());
        Config::from_toml(&text, Path::new("."), variable).map_err(|error| error.to_string())
    };
    read(good, ("", "")).unwrap();
    for (find, replace, words) in [
        (
            "\"Tea\"",
            "\" \"",
            "line 6: ozonetel.pause_reasons has an entry without a name",
        ),
        (
            "\"Tea\"",
            "\"Lunch \"",
            "line 6: ozonetel.pause_reasons has \"Lunch\" twice",
        ),
        (
            "\"Tea\"",
            "\"T\\na\"",
            "line 6: ozonetel.pause_reasons has \"T\\na\", which holds a control",
        ),
        ("\"Sale\"", "7", "line 7: invalid type: integer"),
        (
            "= 60",
            "= 0",
            "line 8: ozonetel.wrap_up_seconds must be between 1 and 3600, not 0",
        ),
        (
            "= 30",
            "= 4000",
            "line 9: ozonetel.wrap_up_more_seconds must be between 1 and 3600",
        ),
        (
            "\"Sale\"",
            "",
            "line 8: ozonetel.wrap_up_seconds without ozonetel.dispositions",
        ),
        (
            "wrap_up_seconds = 60",
            "",
            "without ozonetel.wrap_up_seconds: there is no limit",
        ),
        (
            "did =",
            "# did =",
            "line 7: OZONETEL_DID (or ozonetel.did) is missing, and ozonetel.dids as well",
        ),
        (
            "did = \"918000000000\"",
            "dids = { Inbound_1 = \" \" }",
            "line 10: ozonetel.dids: \"Inbound_1\" has no number",
        ),
    ] {
        let error = read(&good.replacen(find, replace, 1), ("", "")).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    let long = format!("pause_reasons = [\"{}\"]\n", "x".repeat(101));
    let error = read(&long, ("", "")).unwrap_err();
    assert!(error.contains("longer than 100 characters"), "{error}");
    for (name, value, words) in [
        (
            "OZONETEL_DIDS",
            "Inbound_1=918000000001,Inbound_2",
            "OZONETEL_DIDS: \"Inbound_2\" has no number",
        ),
        (
            "OZONETEL_WRAP_UP_SECONDS",
            "a minute",
            "OZONETEL_WRAP_UP_SECONDS must be a whole number",
        ),
        (
            "OZONETEL_PAUSE_REASONS",
            "Tea,,Lunch",
            "OZONETEL_PAUSE_REASONS has an entry without a name",
        ),
        (
            "OZONETEL_DISPOSITIONS",
            "Sale,Sale",
            "OZONETEL_DISPOSITIONS has \"Sale\" twice",
        ),
    ] {
        let error = read(good, (name, value)).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn each_agent_of_the_file_has_a_number_for_outcomes() {
    let read = |more: &str| {
        let text = format!(
            "{}[ozonetel]\nurl = \"https://ozonetel.example\"\nuser_name = \"acme\"\n\
             api_key = \"canary\"\nauthentication = \"token\"\nagent_password = \"p\"\n{more}",
            config_text("")
        );
        Config::from_toml(&text, Path::new("."), |_| None).map_err(|error| error.to_string())
    };
    let of_another = "dids = { Inbound_2 = \"918000000002\" }\n";
    read(of_another).unwrap();
    let dispositions = "dispositions = [\"Sale\"]\n";
    for good in [
        "did = \"918000000000\"\n",
        "dids = { Inbound_1 = \"918000000001\" }\n",
        &format!("did = \"918000000000\"\n{of_another}"),
    ] {
        read(&format!("{dispositions}{good}")).unwrap();
    }
    let error = read(&format!("{dispositions}{of_another}")).unwrap_err();
    for agent in ["agent1", "agent2"] {
        let words = format!("agent {agent:?}: the campaign \"Inbound_1\" has no number");
        assert!(error.contains(&words), "{error}");
    }
}

#[test]
fn a_platform_can_be_configured_by_the_environment_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), "canary\n").unwrap();
    let variable = |name: &str| {
        let value = match name {
            "PLATFORM_URL" => "https://crm.example",
            "PLATFORM_API_KEY_FILE" => "key",
            "SIP_DOMAIN" => "sip.example",
            "SIP_WS_SERVER" => "wss://sip.example:444",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let config = Config::from_toml("", folder.path(), variable).unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    let error = Config::from_toml("", folder.path(), |name| {
        (name == "PLATFORM_API_KEY").then(|| "canary".to_owned())
    });
    let error = error.unwrap_err().to_string();
    for missing in ["PLATFORM_URL", "SIP_DOMAIN", "SIP_WS_SERVER"] {
        assert!(error.contains(missing), "{error}");
    }
}

#[test]
fn every_mistake_about_redis_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("url"),
        "redis://:hunter2@redis.example\n",
    )
    .unwrap();
    let read = |settings: &str, url: Option<&str>, secret: Option<&str>| {
        let variable = |name: &str| match name {
            "REDIS_URL" => url.map(str::to_owned),
            "HELIX_JWT_SECRET" => secret.map(str::to_owned),
            _ => None,
        };
        Config::from_toml(&config_text(settings), folder.path(), variable)
            .map_err(|error| error.to_string())
    };
    let (file, good) = ("redis_url_file = \"url\"", Some("redis://redis.example"));
    for (settings, url) in [
        ("", good),
        (file, None),
        ("redis_key_prefix = \"a:\"", good),
    ] {
        read(settings, url, Some(JWT_SECRET)).unwrap();
    }
    for (settings, url, secret, words) in [
        (
            "redis_key_prefix = \"a:\"",
            None,
            Some(JWT_SECRET),
            "line 2: redis_key_prefix is of no use without REDIS_URL or redis_url_file",
        ),
        (
            "redis_key_prefix = \"a b\"",
            good,
            Some(JWT_SECRET),
            "line 2: redis_key_prefix must be at most 64 visible ASCII characters",
        ),
        (
            "redis_url_file = \"none\"",
            None,
            Some(JWT_SECRET),
            "line 2: redis_url_file: cannot read none",
        ),
        (
            file,
            None,
            None,
            "line 2: HELIX_JWT_SECRET (or jwt_secret_file) is missing",
        ),
        (
            "",
            good,
            None,
            "HELIX_JWT_SECRET (or jwt_secret_file) is missing",
        ),
        (
            "",
            Some("http://:hunter2@redis.example"),
            Some(JWT_SECRET),
            "REDIS_URL begins with none of redis://",
        ),
        ("", Some(""), Some(JWT_SECRET), "REDIS_URL is empty"),
        (
            "",
            Some("redis-sentinel://:hunter2@one.example"),
            Some(JWT_SECRET),
            "REDIS_URL does not end with the name of what the Sentinels watch: /name",
        ),
    ] {
        let error = read(settings, url, secret).unwrap_err();
        assert!(error.starts_with(words), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_redis_that_others_can_reach_or_hear_is_a_warning() {
    let warnings = |url: &str| -> Vec<String> {
        let variable = |name: &str| match name {
            "REDIS_URL" => Some(url.to_owned()),
            "HELIX_JWT_SECRET" => Some(JWT_SECRET.to_owned()),
            _ => None,
        };
        let config = Config::from_toml(&config_text(""), Path::new("."), variable).unwrap();
        config.warnings().iter().map(ToString::to_string).collect()
    };
    for guarded in [
        "redis://127.0.0.1",
        "redis://localhost:6380/1",
        "redis://[::1]",
        "unix:///run/redis/redis.sock",
        "rediss://redis.example",
        "rediss://:hunter2@redis.example",
        "rediss-sentinel://one.example,two.example/mymaster",
        "rediss-cluster://one.example",
        "redis-sentinel://127.0.0.1,127.0.0.1:26380/mymaster",
        "redis-cluster://:hunter2@[::1]:7000,127.0.0.1:7001",
        // A network of containers, as that of compose.yaml.
        "redis://sidecar:hunter2@redis:6379",
    ] {
        assert!(warnings(guarded).is_empty(), "{guarded}");
    }
    let open = "REDIS_URL leads to another machine with neither a password nor TLS: ";
    let heard = "REDIS_URL leads to another machine without TLS: ";
    for (url, words) in [
        ("redis://redis.example", open),
        ("redis://redis:6379", open),
        ("redis://user@10.0.0.7", open),
        ("redis://user:@10.0.0.7", open),
        ("redis-sentinel://127.0.0.1,two.example/mymaster", open),
        (
            "redis-sentinel://one.example/mymaster?sentinel_password=hunter2",
            open,
        ),
        ("redis-cluster://[::1]:7000,two.example", open),
        ("redis://user:hunter2@redis.example", heard),
        ("redis://:hunter2@[2001:db8::7]:6380", heard),
        ("redis-sentinel://:hunter2@one.example/mymaster", heard),
        ("redis-cluster://user:hunter2@10.0.0.7:7000", heard),
    ] {
        let told = warnings(url);
        assert_eq!(told.len(), 1, "{url}: {told:?}");
        assert!(told[0].starts_with(words), "{url}: {told:?}");
        assert!(!told[0].contains("hunter2") && !told[0].contains("example"));
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Some(Path::new("no/such/file.toml")), None).unwrap_err();
    assert!(error.to_string().contains("no/such/file.toml"), "{error}");
}

/// Returns the warnings about these settings.
fn warnings(settings: &str) -> Vec<String> {
    let config = Config::from_toml(&config_text(settings), Path::new("."), |_| None).unwrap();
    config.warnings().iter().map(ToString::to_string).collect()
}

fn problems(text: &str) -> Vec<Problem> {
    match Config::from_toml(text, Path::new("."), |_| None) {
        Ok(_) => panic!("accepted: {text}"),
        Err(ConfigError::Wrong(problems)) => problems,
        Err(error @ ConfigError::Unreadable { .. }) => panic!("{error}"),
    }
}

/// Returns the number of the first line with `mark`; `mark#2` means the second such line, `mark+1`
/// the line after it.
fn line_of(text: &str, mark: &str) -> usize {
    let (mark, skip, add) = match (mark.strip_suffix("#2"), mark.strip_suffix("+1")) {
        (Some(mark), _) => (mark, 1, 0),
        (None, Some(mark)) => (mark, 0, 1),
        (None, None) => (mark, 0, 0),
    };
    let lines = text.lines().enumerate();
    let (index, _) = lines
        .filter(|(_, line)| line.contains(mark))
        .nth(skip)
        .unwrap();
    index + 1 + add
}
