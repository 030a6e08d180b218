//! The process that draws the page: where it is killed, or hangs in a call, the page is loaded again
//! and asks for the state. The phone does not live in it, so calls and sound go on.

use tauri::{AppHandle, WebviewWindow};
use tokio::sync::watch;

/// Has the page drawn without the graphics card, whose libraries would take 60 MB for a page that hardly
/// moves. WebKit has a setting for that, but the process crashes where it is changed while it draws.
///
/// Call it before any thread is started.
#[cfg(target_os = "linux")]
pub(super) fn spare_memory() {
    use std::env;

    const SWITCH: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

    if env::var_os(SWITCH).is_none() {
        #[expect(unsafe_code, reason = "the standard library has no safe way")]
        // SAFETY: `run` calls this before it starts any thread.
        unsafe {
            env::set_var(SWITCH, "1");
        }
    }
}

/// Loads the page again whenever its process has ended.
#[cfg(target_os = "linux")]
pub(super) fn watch(window: &WebviewWindow) -> tauri::Result<()> {
    use std::time::Duration;

    use gtk::glib;
    use tracing::warn;
    use webkit2gtk::WebViewExt;

    /// A page that cannot be drawn at all must not keep the machine busy.
    const REST: Duration = Duration::from_millis(500);

    let label = window.label().to_owned();
    window.with_webview(move |webview| {
        webview
            .inner()
            .connect_web_process_terminated(move |view, reason| {
                warn!(window = label, ?reason, "the page's process has ended");
                let view = view.clone();
                glib::timeout_add_local_once(REST, move || view.reload());
            });
    })
}

/// WKWebView tells the program as a whole (`shell.rs`); WebView2 says itself that its process has ended.
#[cfg(not(target_os = "linux"))]
pub(super) fn watch(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Follows whether there is a call: in one, the process of a page that hangs is ended, and [`watch`]
/// has the page loaded again.
///
/// WebKit's own `is-web-process-responsive` would not do: it tells of pages that somebody presses at,
/// and a page that hangs before the phone rings is not looked at.
#[cfg(target_os = "linux")]
pub(super) fn follow(app: &AppHandle, mut in_call: watch::Receiver<bool>) {
    use std::{collections::BTreeMap, time::Duration};

    use tauri::Manager;
    use tokio::time;

    /// How often a page is asked for a sign of life.
    const ROUND: Duration = Duration::from_secs(2);

    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        while in_call.wait_for(|it| *it).await.is_ok() {
            let mut pages = BTreeMap::<String, sign_of_life::Page>::new();
            let ended = |it: &bool| !*it;
            while time::timeout(ROUND, in_call.wait_for(ended)).await.is_err() {
                for (label, window) in app.webview_windows() {
                    pages.entry(label).or_default().ask(&window).await;
                }
            }
        }
    });
}

/// Elsewhere nobody notices a page that hangs.
#[cfg(not(target_os = "linux"))]
pub(super) fn follow(_app: &AppHandle, _in_call: watch::Receiver<bool>) {}

#[cfg(target_os = "linux")]
mod sign_of_life {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use gtk::gio::Cancellable;
    use tauri::WebviewWindow;
    use tokio::sync::oneshot;
    use tracing::warn;
    use webkit2gtk::WebViewExt;

    /// A page that has left so many questions open in a row hangs: about 10 s.
    const SILENT: u32 = 5;

    /// A page that is asked for signs of life.
    #[derive(Debug, Default)]
    pub(super) struct Page {
        /// How often it was asked since it answered last.
        open: Arc<AtomicU32>,
    }

    impl Page {
        /// Asks once more; ends its process where it has left too many questions open.
        pub(super) async fn ask(&self, window: &WebviewWindow) {
            let label = window.label().to_owned();
            let open = Arc::clone(&self.open);
            let (asked, is_asked) = oneshot::channel();
            let put = window.with_webview(move |webview| {
                let view = webview.inner();
                if open.fetch_add(1, Ordering::Relaxed) < SILENT {
                    // An error is an answer, too: there is no process, so none that hangs.
                    let answered = move |_| open.store(0, Ordering::Relaxed);
                    view.evaluate_javascript("0", None, None, Cancellable::NONE, answered);
                } else {
                    warn!(window = label, "the page hangs: its process is ended");
                    open.store(0, Ordering::Relaxed);
                    view.terminate_web_process();
                }
                let _ = asked.send(());
            });
            // Where it is the program itself that hangs, no question is counted that was not put.
            if put.is_ok() {
                let _ = is_asked.await;
            }
        }
    }
}
