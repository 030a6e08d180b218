//! Embeds the page, the icons and what the page may ask for; without the window there is nothing to do.

fn main() {
    #[cfg(feature = "gui")]
    window::embed();
}

#[cfg(feature = "gui")]
mod window {
    use std::path::Path;

    use tauri_build::{AppManifest, Attributes};

    /// The commands of `shell/commands.rs`. The files in `capabilities` say which window may use which;
    /// one that is in none of them is refused.
    const COMMANDS: &[&str] = &[
        "state",
        "order",
        "set_window",
        "set_server",
        "forget",
        "answer_link",
        "answer_quit",
        "show",
        "watch_levels",
        "copy",
        "save_support",
        "open_settings",
    ];

    /// What is embedded from where nobody else watches.
    const EMBEDDED: [&str; 4] = [
        "src-tauri/app/capabilities",
        "src-tauri/app/isolation",
        "icons",
        "ui/dist",
    ];

    pub(super) fn embed() {
        for path in EMBEDDED {
            println!("cargo:rerun-if-changed={path}");
        }
        if !Path::new("ui/dist/index.html").is_file() {
            println!("cargo:error=The page is missing: run `npm ci` and `npm run build` in ui/");
            return;
        }
        let attributes = Attributes::new()
            .app_manifest(AppManifest::new().commands(COMMANDS))
            .capabilities_path_pattern("src-tauri/app/capabilities/*.json");
        if let Err(error) = tauri_build::try_build(attributes) {
            println!("cargo:error={}", format!("{error:#}").replace('\n', " "));
        }
    }
}
