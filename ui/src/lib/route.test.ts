import { expect, test } from "vitest";

import { STATES, type Name } from "../scripted/states";
import { screen, type Screen } from "./route";

test.each<[Name, Screen]>([
  ["signed-out", "sign_in"],
  ["signed-out-by-user", "sign_in"],
  ["signed-out-unconfirmed", "sign_in"],
  ["no-server", "sign_in"],
  ["signing-in", "sign_in"],
  ["wrong-password", "sign_in"],
  ["bad-request", "sign_in"],
  ["too-many-tries", "sign_in"],
  ["server-trouble", "sign_in"],
  ["unreachable-tls", "sign_in"],
  ["bad-account", "sign_in"],
  ["held-elsewhere", "held_elsewhere"],
  ["held-in-call", "held_elsewhere"],
  ["no-phone", "no_phone"],
  ["second-factor", "sign_in"],
  ["email-not-verified", "sign_in"],
  ["manager", "no_phone"],
  ["taken-over", "session_ended"],
  ["lease-expired", "session_ended"],
  ["token-refused", "session_ended"],
  ["account-changed", "session_ended"],
  ["restoring", "resuming"],
  ["resuming-trouble", "resuming"],
  ["signing-out", "signing_out"],
  ["ready", "phone"],
  ["fallback", "phone"],
])("%s is shown by %s", (name, expected) => {
  expect(screen(STATES[name]().view.account, false)).toBe(expected);
});

test.each<Name>(["held-elsewhere", "no-phone", "taken-over"])(
  "%s gives way to the form when it was read",
  (name) => {
    expect(screen(STATES[name]().view.account, true)).toBe("sign_in");
  },
);
