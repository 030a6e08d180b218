//! Who made the parts of the program, and under which licences.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    page,
    run::{cargo, root},
};

use super::output;

/// How the files begin that have a licence, in lower case.
const BEGINNINGS: [&str; 6] = [
    "license",
    "licence",
    "copying",
    "copyright",
    "notice",
    "unlicense",
];

/// A crate may carry the source of a library with a licence of its own so far below.
const DEPTH: usize = 2;

/// What npm installs to make the page, of which parts end up in the page.
const IN_THE_PAGE: [&str; 1] = ["svelte"];

/// Something of others that the program is made of.
#[derive(Debug)]
pub(super) struct Part {
    /// Where it was published, as package URLs name the place: `cargo` or `npm`.
    pub(super) registry: &'static str,
    pub(super) name: String,
    pub(super) version: String,
    /// As its maker wrote it; `None`: in its texts alone.
    pub(super) licence: Option<String>,
    texts: Vec<String>,
}

/// Returns the names of all parts of the phone, each with its licence, and the texts of those, each once.
pub(super) fn of_phone() -> Result<String> {
    text_of("Helix Phone", &parts_of_phone(&host()?)?)
}

/// The same for the sidecar.
pub(crate) fn of_sidecar() -> Result<String> {
    text_of("The sidecar of Helix Phone", &parts_of_sidecar(&host()?)?)
}

/// Returns what the phone with its window is made of on a target, by Rust's name of it.
pub(super) fn parts_of_phone(target: &str) -> Result<Vec<Part>> {
    let mut parts = crates("helix-phone", &["--features=gui"], target)?;
    parts.extend(npm_packages()?);
    Ok(parts)
}

/// The same for the sidecar.
pub(super) fn parts_of_sidecar(target: &str) -> Result<Vec<Part>> {
    crates("sidecar", &[], target)
}

fn text_of(program: &str, parts: &[Part]) -> Result<String> {
    let mut users = BTreeMap::<String, Vec<String>>::new();
    let mut list = String::new();
    for part in parts {
        let name = format!("{} {}", part.name, part.version);
        let licence = part.licence.as_deref().unwrap_or("see its text below");
        writeln!(list, "{name}: {licence}")?;
        for text in &part.texts {
            users.entry(text.clone()).or_default().push(name.clone());
        }
    }
    let mut whole = format!(
        "{program} contains these {} libraries. The texts of their licences follow; where a library comes without one, the licence is that of \
         the name.\n\n{list}",
        parts.len()
    );
    for (text, names) in users {
        write!(
            whole,
            "\n{}\n{}:\n\n{text}\n",
            "=".repeat(80),
            names.join(", ")
        )?;
    }
    Ok(whole)
}

/// Returns the crates that are linked into the program of a package.
fn crates(own: &str, features: &[&str], target: &str) -> Result<Vec<Part>> {
    let metadata = output(
        cargo()
            .args(["metadata", "--format-version=1", "--locked"])
            .args(["--filter-platform", target])
            .args(features),
    )?;
    let metadata = serde_json::from_str::<Value>(&metadata).context("cargo metadata")?;
    let nodes = by_id(&metadata["resolve"]["nodes"]);
    let packages = by_id(&metadata["packages"]);
    let own = packages
        .iter()
        .find(|(_, it)| it["name"] == own)
        .map(|(id, _)| *id)
        .with_context(|| format!("cargo metadata has no {own}"))?;

    let mut reached = BTreeSet::from([own]);
    let mut open = vec![own];
    while let Some(id) = open.pop() {
        for dependency in list(&nodes[id]["deps"]) {
            let is_linked = list(&dependency["dep_kinds"])
                .iter()
                .any(|it| it["kind"].is_null());
            let id = text(&dependency["pkg"]);
            if is_linked && !is_macro(packages[id]) && reached.insert(id) {
                open.push(id);
            }
        }
    }

    let mut parts = Vec::new();
    for package in reached.into_iter().map(|id| packages[id]) {
        // Without a source it is ours.
        if package["source"].is_null() {
            continue;
        }
        let manifest = Path::new(text(&package["manifest_path"]));
        parts.push(part(
            "cargo",
            text(&package["name"]),
            package,
            manifest.parent().unwrap_or(manifest),
        )?);
    }
    Ok(parts)
}

/// Returns the packages whose code is in the page.
fn npm_packages() -> Result<Vec<Part>> {
    let folder = root().join(page::FOLDER);
    let own = json(&folder.join("package.json"))?;
    let mut open = own["dependencies"]
        .as_object()
        .map(|it| it.keys().cloned().collect::<Vec<_>>())
        .unwrap_or_default();
    open.extend(IN_THE_PAGE.map(str::to_owned));
    let mut reached = BTreeSet::new();
    let mut parts = Vec::new();
    while let Some(name) = open.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        let folder = folder.join("node_modules").join(&name);
        let package = json(&folder.join("package.json"))?;
        // What the compiler of Svelte depends on stays here.
        if !IN_THE_PAGE.contains(&name.as_str())
            && let Some(further) = package["dependencies"].as_object()
        {
            open.extend(further.keys().cloned());
        }
        parts.push(part("npm", &name, &package, &folder)?);
    }
    Ok(parts)
}

fn part(registry: &'static str, name: &str, package: &Value, folder: &Path) -> Result<Part> {
    let mut texts = BTreeSet::new();
    for path in licence_files(folder, DEPTH)? {
        // One that is no text is no licence.
        if let Ok(text) = fs::read_to_string(&path) {
            texts.insert(text.trim().replace('\r', ""));
        }
    }
    let licence = package["license"].as_str().map(str::to_owned);
    if licence.is_none() && texts.is_empty() {
        bail!("{name} has no licence");
    }
    Ok(Part {
        registry,
        name: name.to_owned(),
        version: text(&package["version"]).to_owned(),
        licence,
        texts: texts.into_iter().collect(),
    })
}

fn licence_files(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("No {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if path.is_dir() {
            if depth > 0 && name != "node_modules" {
                found.extend(licence_files(&path, depth - 1)?);
            }
        } else if BEGINNINGS.iter().any(|it| name.starts_with(it)) && !name.ends_with(".rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Returns the name that Rust has for this machine.
pub(super) fn host() -> Result<String> {
    let version = output(std::process::Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|it| it.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say for which machine it is")
}

fn is_macro(package: &Value) -> bool {
    list(&package["targets"])
        .iter()
        .any(|it| list(&it["kind"]).iter().any(|it| it == "proc-macro"))
}

fn by_id(values: &Value) -> BTreeMap<&str, &Value> {
    list(values)
        .iter()
        .map(|it| (text(&it["id"]), it))
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn json(path: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("Cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}
