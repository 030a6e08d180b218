//! What a program is made of, for machines that look for known weaknesses: a bill of materials (CycloneDX 1.5, JSON).

use anyhow::Result;
use serde_json::{Value, json};

use super::licences::{self, Part};

/// Returns the bills of what a release of this machine has in it, each with the name of its file.
pub(crate) fn of_release() -> Result<[(String, String); 2]> {
    let target = licences::host()?;
    let file = |program: &str| format!("{program}_{}_{target}.cdx.json", version());
    Ok([
        (file("helix-phone"), of_phone(&target)?),
        (
            file("helix-sidecar"),
            bill("helix-sidecar", &licences::parts_of_sidecar(&target)?),
        ),
    ])
}

/// Returns the bill of the phone with its window on a target, by Rust's name of it.
pub(crate) fn of_phone(target: &str) -> Result<String> {
    Ok(bill("helix-phone", &licences::parts_of_phone(target)?))
}

/// The same parts always make the same bill: no time, no number of its own.
fn bill(program: &str, parts: &[Part]) -> String {
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": { "type": "application", "name": program, "version": version() },
        },
        "components": parts.iter().map(component).collect::<Vec<_>>(),
    });
    format!("{bill:#}\n")
}

fn component(part: &Part) -> Value {
    let mut component = json!({
        "type": "library",
        "name": part.name,
        "version": part.version,
        "purl": purl(part),
    });
    if let Some(licence) = &part.licence {
        // Crates of before SPDX have a stroke for "or".
        let either = licence.split('/').map(str::trim).collect::<Vec<_>>();
        component["licenses"] = json!([{ "expression": either.join(" OR ") }]);
    }
    component
}

/// Returns the package URL of a part (github.com/package-url/purl-spec), by which databases of weaknesses find it.
fn purl(part: &Part) -> String {
    let escaped = |text: &str| text.replace('@', "%40").replace('+', "%2B");
    let (name, version) = (escaped(&part.name), escaped(&part.version));
    format!("pkg:{}/{name}@{version}", part.registry)
}

fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
