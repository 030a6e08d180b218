// Stands before the page's own script while it is developed: `?state=talking&theme=dark&language=ar&text=200`.

import { perform } from "./shell";
import { press } from "./press";
import { goTo, SCENES } from "./scenes";

/** Speech and pauses, as a meter sees them. */
const SPEECH = [-34, -22, -18, -26, -20, -31, -48, -25, -17, -21];

const asked = new URLSearchParams(location.search);
const name = asked.get("state") ?? "signed-out";
const scene = SCENES[name];
if (scene === undefined) {
  throw new Error(`There is no state ${name}; there are: ${Object.keys(SCENES).join(", ")}`);
}
const state = scene.state();
goTo(scene.at);
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

/** Presses what the scene presses, each as soon as it is drawn. */
async function pressAll(): Promise<void> {
  for (const words of scene?.press ?? []) {
    while (!press(words)) {
      await new Promise(requestAnimationFrame);
    }
  }
  document.documentElement.dataset["played"] = name;
}

void pressAll();
