//! The process that draws the page: where it is killed, the page is loaded again and asks for the
//! state. The phone does not live in it, so calls and sound go on.

use tauri::WebviewWindow;

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
