//! The page that shows the document of all calls, in a browser.

use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::world::{DEADLINE, World};

#[tokio::test]
async fn the_page_shows_every_call_of_the_document_and_breaks_no_rule_of_its_own() {
    let world = World::start().await;
    let home = TempDir::new().unwrap();
    let browser = Command::new("/usr/bin/chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-background-networking", "--no-first-run"])
        .arg(format!("--user-data-dir={}", home.path().display()))
        // Until nothing is asked for any more, or so much of its own time is over.
        .arg("--virtual-time-budget=10000")
        .args(["--enable-logging=stderr", "--dump-dom"])
        .arg(format!("{}/docs", world.url))
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let browser = timeout(DEADLINE, browser).await.unwrap();
    let output = browser.expect("Chromium starts");
    let page = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    // What a page logs, refusals by its policy and uncaught errors included.
    let console: Vec<_> = told.lines().filter(|it| it.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{console:?}");
    assert!(!page.contains("<p>The document cannot be read"), "{page}");

    let document = world.get("/openapi.json").send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    let paths = document["paths"].as_object().unwrap();
    for (path, calls) in paths {
        for (method, call) in calls.as_object().unwrap() {
            let heading = format!("<h2><code>{} {path}</code></h2>", method.to_uppercase());
            let Some((_, after)) = page.split_once(&heading) else {
                panic!("{heading} is missing: {page}");
            };
            let shown = after.split("<h2>").next().unwrap();
            for status in call["responses"].as_object().unwrap().keys() {
                let row = format!("<th>{status}</th>");
                assert!(shown.contains(&row), "{heading} {status}: {shown}");
            }
        }
    }
}
