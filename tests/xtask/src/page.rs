//! The page of the window, which the program embeds.

use std::{fs, path::Path, time::SystemTime};

use anyhow::{Context, Result};

use crate::{
    packages::{npm, require_npm},
    run::{root, run},
};

/// Where the page's sources are.
pub(crate) const FOLDER: &str = "ui";

/// Builds the page where its sources are newer than what was built.
pub(crate) fn build() -> Result<()> {
    let folder = root().join(FOLDER);
    let built = folder
        .join("dist/index.html")
        .metadata()
        .and_then(|it| it.modified());
    if built.is_ok_and(|built| newest(&folder).is_ok_and(|source| source <= built)) {
        return Ok(());
    }
    require_npm(FOLDER)?;
    run(npm(&folder)?.args(["run", "build"]))
}

/// Returns when a source of the page was last changed.
fn newest(folder: &Path) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in
        fs::read_dir(folder).with_context(|| format!("Cannot read {}", folder.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        if ["node_modules", "dist", "dist-scripted", "pictures"]
            .iter()
            .any(|it| name == *it)
        {
            continue;
        }
        let metadata = entry.metadata()?;
        newest = newest.max(if metadata.is_dir() {
            self::newest(&entry.path())?
        } else {
            metadata.modified()?
        });
    }
    Ok(newest)
}
