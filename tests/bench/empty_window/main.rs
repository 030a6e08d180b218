//! A window of Tauri with next to nothing in it: what `cargo figures window` compares the phone's with.

fn main() {
    let app = tauri::Builder::default()
        .build(tauri::generate_context!(
            "tests/bench/empty_window/tauri.conf.json"
        ))
        .expect("a display is there");
    app.run(|_, _| {});
}
