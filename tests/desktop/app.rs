//! The program under WebDriver.

use std::{
    ffi::OsString,
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use fantoccini::{ClientBuilder, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::{PATIENCE, page::Page};

/// The driver and, in its process group, the program that it starts.
#[derive(Debug)]
pub(crate) struct App {
    driver: Driver,
    pub(crate) page: Page,
}

impl App {
    /// Starts the program by this command; `environment` has what a desktop tells its programs.
    pub(crate) async fn start(
        environment: &[(String, OsString)],
        command: &[String],
        log: &Path,
    ) -> Self {
        let (driver, address) = Driver::start(environment, log);
        let options = json!({"binary": command[0], "args": command[1..]});
        let mut wanted = Capabilities::new();
        wanted.insert("webkitgtk:browserOptions".to_owned(), options);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://{address}"))
            .await
            .expect("the program starts");
        let page = Page::of(client).await;
        Self { driver, page }
    }

    /// Returns the id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.driver.program().expect("the program runs")
    }

    /// Lets the program hang.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status();
        assert!(status.expect("kill starts").success());
    }

    /// Waits until the program has ended by itself.
    pub(crate) fn ended(&self) {
        let begun = Instant::now();
        while self.driver.program().is_some() {
            assert!(begun.elapsed() < PATIENCE, "the program has not ended");
            std::thread::yield_now();
        }
    }

    pub(crate) async fn close(self) {
        self.page.close().await;
    }
}

#[derive(Debug)]
struct Driver {
    process: Child,
}

impl Driver {
    fn start(environment: &[(String, OsString)], log: &Path) -> (Self, SocketAddr) {
        loop {
            // It cannot choose a port by itself and tell it.
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            let log = File::options().append(true).create(true).open(log).unwrap();
            let mut process = Command::new("WebKitWebDriver")
                .arg(format!("--port={}", address.port()))
                .envs(environment.iter().map(|(name, value)| (name, value)))
                .env("TAURI_WEBVIEW_AUTOMATION", "true")
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .process_group(0)
                .spawn()
                .expect("WebKitWebDriver is installed");
            // Another process may have been faster with this port.
            while process.try_wait().unwrap().is_none() {
                if TcpStream::connect(address).is_ok() {
                    return (Self { process }, address);
                }
            }
        }
    }

    /// Returns the id of the program, while it runs.
    fn program(&self) -> Option<u32> {
        let output = Command::new("pgrep")
            .args(["--parent", &self.process.id().to_string()])
            .args(["--runstates", "DRSTI"])
            .output()
            .expect("pgrep is installed");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse()
            .ok()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // All of the group: the driver, the program, and the processes that draw its pages.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.process.wait();
    }
}
