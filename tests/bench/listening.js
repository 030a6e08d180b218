// Keeps, in ms since 1970, when the page had handled each view in which the call is muted or no longer so, and when that was painted.

const [done] = arguments;
const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
window.told = [];

let muted = false;
const handler = transformCallback(({ payload }) => {
  const [call] = JSON.parse(payload).view.calls;
  if (call === undefined || call.muted === muted) {
    return;
  }
  muted = call.muted;
  const handled = Date.now();
  // A message comes after the paint that the frame ends with.
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      window.told.push([handled, Date.now()]);
      window.look?.();
    };
    port2.postMessage(null);
  });
});
invoke("plugin:event|listen", { event: "view", target: { kind: "Any" }, handler }).then(() => done());
