//! What `compose.yaml` and the Dockerfile must hold, whoever changes them. The tests with Redis run what they put together.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

#[test]
fn every_image_is_of_one_version() {
    for (name, service) in services() {
        let image = text(&service["image"]);
        let (_, version) = image.rsplit_once(':').unwrap_or_default();
        let numbers = version
            .split(['.', '-'])
            .take_while(|it| it.parse::<u32>().is_ok());
        assert_eq!(numbers.count(), 3, "{name}: {image}");
    }
    let built = format!("helix-sidecar:{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&services()["one"]["image"]), built);
    for line in dockerfile().lines().filter(|it| it.starts_with("FROM ")) {
        let from = line.split(' ').nth(1).unwrap();
        let is_of_a_version = from.contains(":1.") && !from.contains("latest");
        assert!(from == "scratch" || is_of_a_version, "{line}");
    }
}

#[test]
fn secrets_are_files_that_nobody_commits_and_no_service_has_another_one() {
    let compose = compose();
    for (name, secret) in compose["secrets"].as_hash().unwrap() {
        let file = format!("./secrets/{}", text(name));
        assert_eq!(text(&secret["file"]), file);
    }
    for (name, service) in services() {
        for secret in service["secrets"].as_vec().unwrap() {
            assert!(!compose["secrets"][text(secret)].is_badvalue(), "{name}");
        }
        let Some(variables) = service["environment"].as_hash() else {
            continue;
        };
        for (variable, value) in variables {
            let (variable, value) = (text(variable), text(value));
            let is_file = variable.ends_with("_FILE") && value.starts_with("/run/secrets/");
            assert!(is_file || variable == "HELIX_TRUSTED_PROXIES", "{variable}");
        }
    }
    let all = fs::read_to_string(folder().join("compose.yaml")).unwrap();
    for word in ["requirepass", "nopass", "://", "PASSWORD"] {
        assert!(!all.contains(word), "{word}");
    }
    let ignored = fs::read_to_string(folder().join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/secrets"));
    let kept_out = fs::read_to_string(folder().join("Dockerfile.dockerignore")).unwrap();
    assert!(kept_out.lines().any(|line| line == "**/secrets"));
}

#[test]
fn only_the_proxy_is_reached_from_outside_and_the_sidecars_believe_it() {
    let (compose, services) = (compose(), services());
    let published = services.iter().filter(|(_, it)| !it["ports"].is_badvalue());
    let published: Vec<_> = published.map(|(name, _)| name.as_str()).collect();
    assert_eq!(published, ["proxy"]);
    assert_eq!(
        compose["networks"]["inside"]["internal"].as_bool(),
        Some(true)
    );
    let of_redis = services["redis"]["networks"].as_vec().unwrap();
    assert_eq!(of_redis.iter().map(text).collect::<Vec<_>>(), ["inside"]);
    let proxy = &services["proxy"]["networks"]["inside"]["ipv4_address"];
    // Nobody who starts before it takes its address.
    let pool = &compose["networks"]["inside"]["ipam"]["config"][0]["ip_range"];
    assert_eq!(
        (text(proxy), text(pool)),
        ("172.30.41.2", "172.30.41.128/25")
    );
    let haproxy = fs::read_to_string(folder().join("deploy/haproxy.cfg")).unwrap();
    for name in ["one", "two"] {
        let sidecar = &services[name];
        let believed = &sidecar["environment"]["HELIX_TRUSTED_PROXIES"];
        assert_eq!(believed, proxy);
        let alias = text(&sidecar["networks"]["inside"]["aliases"][0]);
        assert!(haproxy.contains(&format!("server {name} {alias}:4100")));
    }
}

#[test]
fn every_service_is_watched_started_again_and_can_do_little() {
    for (name, service) in services() {
        assert_eq!(service["read_only"].as_bool(), Some(true), "{name}");
        assert_eq!(text(&service["cap_drop"][0]), "ALL", "{name}");
        assert_eq!(text(&service["security_opt"][0]), "no-new-privileges:true");
        assert_eq!(text(&service["restart"]), "unless-stopped", "{name}");
        for limit in ["mem_limit", "pids_limit"] {
            assert!(!service[limit].is_badvalue(), "{name}: {limit}");
        }
        // A thread for each of 64 cores, and what starts and watches the program.
        let threads = service["pids_limit"].as_i64().unwrap();
        assert!(name == "redis" || threads >= 128, "{name}: {threads}");
        let test = &service["healthcheck"]["test"];
        match name.as_str() {
            "one" | "two" => {
                assert!(!service["cpus"].is_badvalue(), "{name}");
                let words: Vec<_> = test.as_vec().unwrap().iter().map(text).collect();
                assert_eq!(words, ["CMD", "/helix-sidecar", "ready"]);
            }
            "redis" => assert_eq!(text(&test[0]), "CMD-SHELL"),
            // It has no state of its own: the sidecars behind it are asked.
            "proxy" => {}
            other => panic!("what of {other}?"),
        }
    }
}

#[test]
fn what_is_mounted_is_there() {
    for (name, service) in services() {
        for volume in service["volumes"].as_vec().into_iter().flatten() {
            let (here, _) = text(volume).split_once(':').unwrap();
            match here.strip_prefix("./") {
                Some(path) => {
                    assert!(folder().join(path).is_file(), "{name}: {path}");
                    assert!(text(volume).ends_with(":ro"), "{name}: {path}");
                }
                None => assert!(!compose()["volumes"].as_hash().unwrap().is_empty()),
            }
        }
    }
}

#[test]
fn the_image_is_the_program_alone_and_nobodys_in_particular() {
    let dockerfile = dockerfile();
    let (_, last) = dockerfile.rsplit_once("\nFROM ").unwrap();
    assert!(last.starts_with("scratch\n"), "{last}");
    assert!(last.contains("\nUSER 65532:65532\n"));
    assert!(!last.contains("\nRUN "));
    assert!(last.contains("CMD [\"/helix-sidecar\", \"ready\"]"));
    for copied in last.lines().filter(|it| it.starts_with("COPY ")) {
        assert!(copied.starts_with("COPY --from=build "), "{copied}");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn dockerfile() -> String {
    fs::read_to_string(folder().join("Dockerfile")).unwrap()
}

fn compose() -> Yaml {
    let text = fs::read_to_string(folder().join("compose.yaml")).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

/// Returns the services, each with what it has of others (`<<`).
fn services() -> BTreeMap<String, Yaml> {
    let mut compose = compose().into_hash().unwrap();
    let services = compose
        .remove(&Yaml::String("services".to_owned()))
        .unwrap();
    let whole = services
        .into_hash()
        .unwrap()
        .into_iter()
        .map(|(name, service)| {
            let mut service = service.into_hash().unwrap();
            if let Some(others) = service.remove(&Yaml::String("<<".to_owned())) {
                for (key, value) in others.into_hash().unwrap() {
                    service.entry(key).or_insert(value);
                }
            }
            (text(&name).to_owned(), Yaml::Hash(service))
        });
    whole.collect()
}

fn text(value: &Yaml) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value:?} is no text"))
}
