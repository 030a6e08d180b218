// Between the page and the program: what the page asks for passes here, encrypted from here on.
const COMMANDS = new Set([
  "state",
  "order",
  "set_window",
  "set_server",
  "forget",
  "answer_link",
  "answer_quit",
  "show",
  "watch_levels",
  "copy",
  "save_support",
  "open_settings",
  "plugin:event|listen",
  "plugin:event|unlisten",
  "plugin:window|start_dragging",
]);

// An unknown one is passed on under a name that is refused, so that its sender has an answer.
window.__TAURI_ISOLATION_HOOK__ = (request) =>
  COMMANDS.has(request.cmd) ? request : { ...request, cmd: "refused", payload: {} };
