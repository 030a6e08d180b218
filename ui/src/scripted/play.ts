// Stands before the page's own script while it is developed: `?state=talking&theme=dark&language=ar&text=200`.

import { perform } from "./shell";
import { isName, STATES } from "./states";

/** Speech and pauses, as a meter sees them. */
const SPEECH = [-34, -22, -18, -26, -20, -31, -48, -25, -17, -21];

const asked = new URLSearchParams(location.search);
const name = asked.get("state") ?? "signed-out";
if (!isName(name)) {
  throw new Error(`There is no state ${name}; there are: ${Object.keys(STATES).join(", ")}`);
}
const state = STATES[name]();
const theme = asked.get("theme");
const settings = {
  ...state.window.settings,
  language: asked.get("language") ?? state.window.settings.language,
  theme: theme === "light" || theme === "dark" ? theme : state.window.settings.theme,
};
const script = perform({ ...state, window: { ...state.window, settings } });
document.documentElement.style.fontSize = `${asked.get("text") ?? "100"}%`;

let step = 0;
setInterval(() => {
  const level = script.state().view.sound.capture_open ? (SPEECH[step % SPEECH.length] ?? -127) : -127;
  step += 1;
  void script.levels(level, -30);
}, 100);
