//! A page as a person sees it: words, and controls by the names that a screen reader says.

use std::time::{Duration, Instant};

use fantoccini::{Client, elements::Element, error::CmdError, wd::TimeoutConfiguration};
use serde_json::{Value, json};

use crate::PATIENCE;

const SCRIPT: &str = include_str!("page.js");

/// Keeps what the page's policy forbids, from its beginning where the web view tells it.
const WATCH: &str = "if (window.forbidden === undefined) {
    window.forbidden = [];
    const keep = (it) => window.forbidden.push(`${it.effectiveDirective}: ${it.blockedURI ?? it.blockedURL}`);
    document.addEventListener('securitypolicyviolation', keep);
    try {
        const observer = new ReportingObserver(() => {}, { types: ['csp-violation'], buffered: true });
        observer.observe();
        observer.takeRecords().forEach((it) => keep(it.body));
        observer.disconnect();
    } catch {}
}";

/// What WebDriver calls an element (WebDriver §12.2.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The documents of the windows; that of the whole phone has no name.
pub(crate) const MAIN: &str = "";
pub(crate) const MINI: &str = "mini.html";
pub(crate) const RING: &str = "ring.html";

/// A script may wait until a test has lost its patience, and a little longer.
const MARGIN: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) client: Client,
}

impl Page {
    /// Returns the page of the window that comes first, once it is loaded.
    pub(crate) async fn of(client: Client) -> Self {
        let patience = TimeoutConfiguration::new(Some(PATIENCE + MARGIN), None, None);
        client.update_timeouts(patience).await.unwrap();
        let page = Self { client };
        page.settle(MAIN).await;
        page
    }

    /// Returns what the page's own policy has forbidden in any window since this was asked last.
    pub(crate) async fn forbidden(&self) -> Vec<String> {
        let script = "const told = window.forbidden ?? []; window.forbidden = []; return told;";
        let mut all = Vec::new();
        for window in self.client.windows().await.unwrap_or_default() {
            // It may be going.
            if self.client.switch_to_window(window).await.is_ok()
                && let Ok(told) = self.client.execute(script, Vec::new()).await
            {
                all.extend(serde_json::from_value::<Vec<String>>(told).unwrap());
            }
        }
        all
    }

    /// Runs a script in it and returns what that returns.
    pub(crate) async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Waits for the document of this name to be there as a whole.
    async fn settle(&self, name: &str) {
        let is_there = "return document.readyState === 'complete' \
            && location.protocol === 'tauri:' \
            && location.pathname.split('/').pop() === arguments[0]";
        let begun = Instant::now();
        // What is loading has no place yet where anything could wait.
        while self.client.execute(is_there, vec![json!(name)]).await.ok() != Some(json!(true)) {
            assert!(begun.elapsed() < PATIENCE, "“{name}” is not loaded");
        }
        let _ = self.client.execute(WATCH, Vec::new()).await;
    }

    /// Looks at the window whose document has this name.
    pub(crate) async fn look_at(&self, name: &str) {
        let begun = Instant::now();
        loop {
            for window in self.client.windows().await.unwrap() {
                // One that was there when they were counted may be gone.
                if self.client.switch_to_window(window).await.is_ok()
                    && let Ok(url) = self.client.current_url().await
                    && url.path().rsplit('/').next() == Some(name)
                {
                    return self.settle(name).await;
                }
            }
            assert!(begun.elapsed() < PATIENCE, "no window shows “{name}”");
        }
    }

    /// Waits until no other window is there.
    pub(crate) async fn alone(&self) {
        let begun = Instant::now();
        while self.client.windows().await.unwrap().len() > 1 {
            assert!(begun.elapsed() < PATIENCE, "another window stays");
        }
    }

    /// Waits for a sentence that can be read.
    pub(crate) async fn says(&self, words: &str) {
        let found = self.awaited("text().includes(arguments[0])", words).await;
        if found.is_null() {
            self.fail(&format!("does not say “{words}”")).await;
        }
    }

    /// Waits until something can no longer be read.
    pub(crate) async fn no_longer_says(&self, words: &str) {
        let found = self.awaited("!text().includes(arguments[0])", words).await;
        if found.is_null() {
            self.fail(&format!("still says “{words}”")).await;
        }
    }

    /// Waits for a control of this name that can be used, and scrolls to it.
    pub(crate) async fn offers(&self, name: &str) -> Element {
        let found = self.awaited("inSight(control(arguments[0]))", name).await;
        match self.element(&found) {
            Some(control) => control,
            None => self.fail(&format!("offers no “{name}”")).await,
        }
    }

    /// Waits until it is written in this language, in this direction (`rtl` or `ltr`).
    pub(crate) async fn is_written(&self, language: &str, direction: &str) {
        let wanted = format!("{language} {direction}");
        let condition = "`${document.documentElement.lang} ${document.documentElement.dir}` \
            === arguments[0]";
        let found = self.awaited(condition, &wanted).await;
        if found.is_null() {
            self.fail(&format!("is not written in {wanted}")).await;
        }
    }

    /// Waits until a meter of this name shows a sound.
    pub(crate) async fn rises(&self, name: &str) {
        let found = self.awaited("sounding(arguments[0])", name).await;
        if found.is_null() {
            self.fail(&format!("has no “{name}” that rises")).await;
        }
    }

    /// Returns whether there is a control of this name that can be used now.
    pub(crate) async fn can_press(&self, name: &str) -> bool {
        let script = format!("{SCRIPT}\nreturn control(arguments[0]) !== undefined;");
        self.run(&script, vec![json!(name)]).await == json!(true)
    }

    pub(crate) async fn press(&self, name: &str) {
        self.act(name, async |control| control.click().await).await;
    }

    /// Presses the first control whose name begins like that: a row of a list, which tells more.
    pub(crate) async fn press_row(&self, beginning: &str) {
        let found = self.awaited("inSight(row(arguments[0]))", beginning).await;
        match self.element(&found) {
            Some(row) => row.click().await.unwrap(),
            None => self.fail(&format!("has no row of “{beginning}”")).await,
        }
    }

    /// Chooses one of the values that a list offers.
    pub(crate) async fn choose(&self, name: &str, value: &str) {
        self.act(name, async |list| list.select_by_label(value).await)
            .await;
    }

    pub(crate) async fn type_into(&self, name: &str, words: &str) {
        self.act(name, async |field| {
            field.clear().await?;
            field.send_keys(words).await
        })
        .await;
    }

    /// Returns what a person reads.
    pub(crate) async fn text(&self) -> String {
        let script = format!("{SCRIPT}\nreturn text();");
        match self.client.execute(&script, Vec::new()).await {
            Ok(text) => text.as_str().unwrap_or_default().to_owned(),
            Err(error) => format!("(unknown: {error})"),
        }
    }

    /// A picture of it, PNG.
    pub(crate) async fn picture(&self) -> Result<Vec<u8>, CmdError> {
        self.client.screenshot().await
    }

    pub(crate) async fn close(self) {
        // Its program may have ended by itself.
        let _ = self.client.close().await;
    }

    /// What was drawn anew between the look and the press is looked for again.
    async fn act(&self, name: &str, act: impl AsyncFn(Element) -> Result<(), CmdError>) {
        let begun = Instant::now();
        loop {
            match act(self.offers(name).await).await {
                Ok(()) => return,
                Err(error) if begun.elapsed() > PATIENCE => {
                    self.fail(&format!("does not let “{name}” be used: {error}"))
                        .await
                }
                Err(_) => {}
            }
        }
    }

    /// What a script has found, if anything.
    fn element(&self, found: &Value) -> Option<Element> {
        let id = found[ELEMENT].as_str()?.to_owned();
        Some(Element::from_element_id(self.client.clone(), id.into()))
    }

    async fn awaited(&self, condition: &str, argument: &str) -> Value {
        let patience = PATIENCE.as_millis();
        let script = format!(
            "{SCRIPT}\nawaited(() => {condition}, {patience}, arguments[arguments.length - 1]);"
        );
        match self
            .client
            .execute_async(&script, vec![json!(argument)])
            .await
        {
            Ok(found) => found,
            Err(error) => panic!("the page cannot be asked for “{argument}”: {error}"),
        }
    }

    async fn fail(&self, what: &str) -> ! {
        panic!("The page {what}. It says: {}", self.text().await)
    }
}
