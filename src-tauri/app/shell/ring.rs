//! The pop-up of an incoming call: above everything, at the corner of the screen that is worked at,
//! and never in the way of what is typed.

use std::{sync::atomic::Ordering, time::Duration};

use tauri::{AppHandle, Manager, PhysicalPosition, PhysicalSize, UserAttentionType, WebviewWindow};
use tokio::{sync::watch, time};
use tracing::warn;

use engine::IncomingBehaviour;

use crate::standing::Popping;

use super::{
    Shell,
    windows::{self, MAIN, RING, Related},
};

const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 148.0;

/// From the edges of the screen, in logical pixels.
const INSET: f64 = 16.0;

/// How long it stays for a call that was answered by itself: long enough to be read.
const STAY: Duration = Duration::from_secs(4);

/// Follows what it is there for.
pub(super) fn follow(app: &AppHandle, mut popping: watch::Receiver<Popping>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let mut answered = None;
        let mut follows = popping.changed().await.is_ok();
        while follows {
            let now = *popping.borrow_and_update();
            match now {
                Popping::Nothing => work(&app, put_away).await,
                Popping::Rings => work(&app, tell).await,
                // It was told before another call rang.
                Popping::AnsweredItself(call) if answered == Some(call) => {
                    work(&app, put_away).await;
                }
                Popping::AnsweredItself(call) => {
                    answered = Some(call);
                    work(&app, tell_answered).await;
                    if let Ok(changed) = time::timeout(STAY, popping.changed()).await {
                        follows = changed.is_ok();
                        continue;
                    }
                    work(&app, put_away).await;
                }
            }
            follows = popping.changed().await.is_ok();
        }
    });
}

async fn work(app: &AppHandle, work: fn(&AppHandle) -> tauri::Result<()>) {
    let app = app.clone();
    match tauri::async_runtime::spawn_blocking(move || work(&app)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "the pop-up is not as wished"),
        Err(error) => warn!(%error, "the pop-up is not as wished"),
    }
}

fn tell(app: &AppHandle) -> tauri::Result<()> {
    match app.state::<Shell>().window_settings().incoming {
        IncomingBehaviour::Popup => pop_up(app),
        IncomingBehaviour::Flash => match app.get_webview_window(MAIN) {
            Some(window) if window.is_visible()? => {
                window.request_user_attention(Some(UserAttentionType::Critical))
            }
            // Nobody would see it flash.
            Some(_) | None => pop_up(app),
        },
        IncomingBehaviour::Front => {
            windows::show_main(app);
            Ok(())
        }
    }
}

/// Says of the open microphone; what else told that it rang is taken back.
fn tell_answered(app: &AppHandle) -> tauri::Result<()> {
    calm(app)?;
    match app.state::<Shell>().window_settings().incoming {
        IncomingBehaviour::Popup => pop_up(app),
        IncomingBehaviour::Flash | IncomingBehaviour::Front => Ok(()),
    }
}

fn pop_up(app: &AppHandle) -> tauri::Result<()> {
    windows::look(app)?;
    match app.get_webview_window(RING) {
        Some(window) => {
            place(app, &window)?;
            show(app, &window)
        }
        None => windows::beside_main(app, make),
    }
}

fn make(app: &AppHandle, main: Option<Related>) -> tauri::Result<()> {
    let builder = windows::fixed(windows::builder(app, RING, "ring.html"), WIDTH, HEIGHT)
        .decorations(false)
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .skip_taskbar(true)
        .focused(false)
        .focusable(false);
    let window = windows::related(builder, main).build()?;
    windows::finish(&window)?;
    place(app, &window)?;
    // The caller may have given up meanwhile.
    if Popping::of(&app.state::<Shell>().engine().view().borrow()) != Popping::Nothing {
        show(app, &window)?;
    }
    Ok(())
}

fn show(app: &AppHandle, window: &WebviewWindow) -> tauri::Result<()> {
    app.state::<Shell>()
        .is_popped_up
        .store(true, Ordering::Relaxed);
    window.show()
}

/// Puts it into the corner of the screen that the pointer is on.
fn place(app: &AppHandle, window: &WebviewWindow) -> tauri::Result<()> {
    let pointer = app.cursor_position()?;
    let screen = match app.monitor_from_point(pointer.x, pointer.y)? {
        Some(screen) => screen,
        None => match app.primary_monitor()? {
            Some(screen) => screen,
            None => return Ok(()),
        },
    };
    let area = screen.work_area();
    window.set_position(corner(area.position, area.size, screen.scale_factor()))
}

fn corner(
    position: PhysicalPosition<i32>,
    size: PhysicalSize<u32>,
    scale: f64,
) -> PhysicalPosition<i32> {
    let from_end = |start: i32, length: u32, own: f64| {
        let at = f64::from(start) + f64::from(length) - (own + INSET) * scale;
        (at.round() as i32).max(start)
    };
    PhysicalPosition::new(
        from_end(position.x, size.width, WIDTH),
        from_end(position.y, size.height, HEIGHT),
    )
}

fn calm(app: &AppHandle) -> tauri::Result<()> {
    match app.get_webview_window(MAIN) {
        Some(main) => main.request_user_attention(None),
        None => Ok(()),
    }
}

fn put_away(app: &AppHandle) -> tauri::Result<()> {
    calm(app)?;
    app.state::<Shell>()
        .is_popped_up
        .store(false, Ordering::Relaxed);
    // It is there again at the next call, without its page having to be loaded.
    match app.get_webview_window(RING) {
        Some(window) => window.hide(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pop_up_lies_16_pixels_from_the_corner_of_its_screen() {
        let corner = |x, y, width, height, scale| {
            let at = corner(
                PhysicalPosition::new(x, y),
                PhysicalSize::new(width, height),
                scale,
            );
            (at.x, at.y)
        };
        assert_eq!(corner(0, 0, 1920, 1040, 1.0), (1524, 876));
        assert_eq!(corner(-1280, 0, 1280, 1024, 1.0), (-396, 860));
        assert_eq!(corner(0, 0, 3840, 2080, 2.0), (3048, 1752));
        assert_eq!(corner(0, 0, 300, 100, 1.0), (0, 0));
    }
}
