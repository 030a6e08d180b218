// Presses the control of a name so many times; answers with the ms from each press to the paint that shows it.

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
    // A message comes after the paint that the frame ends with.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        values.push(performance.now() - began);
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
