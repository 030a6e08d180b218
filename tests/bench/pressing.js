// Presses the control of a name so many times; answers, for each press, with the ms until the page has changed and until that is painted.

const [name, times, done] = arguments;

/** Between two presses. */
const PAUSE_MS = 30;

const button = [...document.querySelectorAll("button")].find((it) => it.textContent.trim().startsWith(name));
const values = [];

function press() {
  const before = button.getAttribute("aria-pressed");
  const began = performance.now();
  const observer = new MutationObserver(() => {
    if (button.getAttribute("aria-pressed") === before) {
      return;
    }
    observer.disconnect();
    const changed = performance.now() - began;
    // A message comes after the paint that the frame ends with.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        values.push([changed, performance.now() - began]);
        if (values.length < times) {
          setTimeout(press, PAUSE_MS);
        } else {
          done(values);
        }
      };
      port2.postMessage(null);
    });
  });
  observer.observe(button, { attributes: true });
  button.click();
}
press();
