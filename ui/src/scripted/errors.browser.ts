// What goes wrong on the way is told in these words, and offers these remedies.

import { afterEach, expect, test, vi } from "vitest";
import { page } from "vitest/browser";

import type { State } from "../lib/phone";
import { plain } from "../lib/unbroken";
import { clear, draw, type Look } from "./mounted";

afterEach(async () => {
  vi.restoreAllMocks();
  await clear();
});

const LOOK: Look = { theme: "light", language: "en" };

/** Where it is told: in the form of the sign-in, above the phone, on the card of the last call, or on a screen of its own. */
const PLACES = { form: "[role=alert]", notice: "aside", card: ".card", screen: "body" } as const;

const bare = (text: string): string => plain(text).replace(/\s+/g, " ").trim();

type Told = [scene: string, place: keyof typeof PLACES, words: (string | RegExp)[], remedies: string[]];

const TABLE: Told[] = [
  [
    "unreachable-dns",
    "form",
    ["Cannot find the server", "phone.helix.example is unknown on this network. A VPN may be needed."],
    ["Copy for IT"],
  ],
  [
    "unreachable-tcp",
    "form",
    ["The server cannot be reached", "A firewall may stand in the way, or a VPN may be needed."],
    ["Copy for IT"],
  ],
  [
    "unreachable-proxy",
    "form",
    ["The company proxy wants a sign-in", "Sign-in was refused by proxy.corp.example:3128.", "407"],
    ["Copy for IT"],
  ],
  [
    "unreachable-proxy-other",
    "form",
    ["The company proxy does not let us through", "The server cannot be reached through it."],
    ["Copy for IT"],
  ],
  [
    "unreachable-tls",
    "form",
    [
      "The server's certificate is not trusted",
      "Issued by Contoso Inspection CA. Your company may need to install it.",
    ],
    ["Copy for IT"],
  ],
  [
    "unreachable-tls-time",
    "form",
    [/Certificate expired on (3 May|May 3)/, "Or this computer's clock is wrong."],
    ["Open clock settings", "Copy for IT"],
  ],
  [
    "unreachable-tls-name",
    "form",
    ["The server's certificate is for another name", "It is for www.helix.example."],
    ["Copy for IT"],
  ],
  ["unreachable-tls-revoked", "form", ["The server's certificate was revoked"], ["Copy for IT"]],
  [
    "unreachable-http",
    "form",
    [
      "The server gave no answer that makes sense",
      "Something else may answer at phone.helix.example. If this is a guest network, open its sign-in page in a browser.",
    ],
    ["Copy for IT"],
  ],
  ["unreachable-timeout", "form", ["The server does not answer", "The network may be slow. Try again."], []],
  ["wrong-password", "form", ["Wrong user or password"], []],
  [
    "second-factor",
    "form",
    [
      "Your account asks for a second factor",
      "This phone cannot ask for its code. Your administrator can help.",
      "which this sign-in cannot do",
    ],
    ["Copy for IT"],
  ],
  [
    "email-not-verified",
    "form",
    [
      "Your e-mail address is not verified",
      "Open the link in the message you were sent, then sign in again.",
    ],
    [],
  ],
  ["too-many-tries", "form", ["Too many tries", /Wait \d+ s\./], []],
  [
    "server-trouble",
    "form",
    ["The server has trouble", "Not your fault. Try again in a moment.", "503 Upstream is not available"],
    [],
  ],
  [
    "no-phone",
    "screen",
    ["This account has no phone", "Agent account not configured. Contact administrator."],
    ["Use another account", "Copy for support"],
  ],
  [
    "held-elsewhere",
    "screen",
    [
      "Your phone is in use",
      "You are already logged in on another device. Please log out there first.",
      /You are signed in on LAPTOP-7 since \d+:\d+/,
    ],
    ["Ask to move it here", "Cancel"],
  ],
  [
    "held-in-call",
    "screen",
    [/You are signed in on LAPTOP-7 \(Windows\) since \d+:\d+/, "It is on a call."],
    ["Ask to move it here", "Cancel"],
  ],
  ["token-refused", "screen", ["Please sign in again", /Your sign-in ended at \d+:\d+/], ["Sign in here"]],
  [
    "taken-over",
    "screen",
    ["Your phone was moved", /Your phone moved to LAPTOP-7 at \d+:\d+/],
    ["Sign in here"],
  ],
  [
    "link-down",
    "notice",
    ["The server cannot be reached. Trying again in 8 s.", "sip.helix.example port 444 cannot be reached"],
    ["Try now", "Copy for IT"],
  ],
  [
    "link-dns",
    "notice",
    [/^Cannot find the server\. Trying again in \d+ s\./, "sip.helix.example cannot be resolved"],
    ["Try now", "Copy for IT"],
  ],
  [
    "link-proxy",
    "notice",
    [/^The proxy does not allow port 444\. Trying again in \d+ s\./, "403 Forbidden"],
    ["Try now", "Copy for IT"],
  ],
  [
    "link-expired",
    "notice",
    [/^Certificate expired on (3 May|May 3)\. Trying again in \d+ s\./, "expired on 2026-05-03 12:00 UTC"],
    ["Open clock settings", "Copy for IT"],
  ],
  [
    "link-refused",
    "notice",
    [/^The phone server refused the connection\. Trying again in \d+ s\./, "403 Forbidden"],
    ["Copy for IT"],
  ],
  [
    "line-refused",
    "notice",
    [
      "The phone server refused extension 5235••. Ask your administrator to check the SIP password.",
      "403 Forbidden",
    ],
    ["Copy"],
  ],
  ["line-unknown", "notice", ["The extension does not exist.", "404 Not Found"], ["Copy"]],
  [
    "line-silent",
    "notice",
    ["The phone server does not answer. Trying again in 8 s.", "408 Request Timeout"],
    ["Try now"],
  ],
  [
    "line-full",
    "notice",
    [
      /^Old sign-ins are still open\. They end by themselves\. Trying again in \d+ s\./,
      "603 Too Many Contacts",
    ],
    [],
  ],
  [
    "path-blocked",
    "notice",
    ["Voice gets no answer on this network. Calls may be silent. Ask your IT to let UDP through."],
    ["Copy for IT"],
  ],
  [
    "microphone-refused",
    "notice",
    ["Jabra Evolve2 65 is blocked by the system. Allow it in the privacy settings."],
    ["Open settings"],
  ],
  [
    "queue-failed",
    "notice",
    ["Ozonetel did not sign you in", "agent9 logged in with the number (523514)"],
    ["Try again", "Copy"],
  ],
  [
    "ended-no-media-path",
    "card",
    ["Your network blocks voice", "Calls would be silent. Ask your IT to let voice through."],
    ["Copy for IT", "Call back"],
  ],
];

async function told(scene: string, place: keyof typeof PLACES, change?: (state: State) => State) {
  await draw(scene, LOOK, change);
  const at = document.querySelector<HTMLElement>(PLACES[place]);
  const buttons = [...(at?.querySelectorAll("button") ?? [])].filter((it) => it.checkVisibility());
  return {
    words: bare(at?.innerText ?? ""),
    remedies: buttons.map((it) => bare(it.textContent)).filter((it) => it !== ""),
  };
}

test.each(TABLE)("%s", async (scene, place, words, remedies) => {
  const is = await told(scene, place);
  let from = 0;
  for (const each of words) {
    const rest = is.words.slice(from);
    const at = typeof each === "string" ? rest.indexOf(each) : rest.search(each);
    expect(at, `${String(each)} in ${rest}`).toBeGreaterThanOrEqual(0);
    from += at;
  }
  if (place === "screen") {
    expect(is.remedies).toEqual(expect.arrayContaining(remedies));
  } else {
    expect(is.remedies).toEqual(remedies);
  }
});

test.each([
  ["unreachable-tls-time", "Open clock settings", "clock"],
  ["link-expired", "Open clock settings", "clock"],
  ["microphone-refused", "Open settings", "microphone"],
  ["connection-clock-off", "Open clock settings", "clock"],
])("of %s the system's own settings are opened", async (scene, words, what) => {
  const script = await draw(scene, LOOK);
  await page.getByRole("button", { name: words }).first().click();
  await expect
    .poll(() => script.asked.filter((it) => it.command === "open_settings"))
    .toEqual([{ command: "open_settings", args: { what } }]);
});

test("settings that could not be opened say why", async () => {
  const script = await draw("link-expired", LOOK);
  script.refuse("open_settings", "failed", "There are none");
  await page.getByRole("button", { name: "Open clock settings" }).click();
  await expect.element(page.getByText(/The computer says: .?There are none/).first()).toBeVisible();
});

test.each([
  ["unreachable-tls-time", "form", ["Copy for IT"]],
  ["link-expired", "notice", ["Try now", "Copy for IT"]],
  ["microphone-refused", "notice", ["Change"]],
] as const)(
  "where the system has no such settings %s does not offer them",
  async (scene, place, remedies) => {
    const is = await told(scene, place, (state) => ({
      ...state,
      window: { ...state.window, system_settings: [] },
    }));
    expect(is.remedies).toEqual(remedies);
  },
);

test("a certificate out of its time says nothing of a clock that was proven right", async () => {
  const is = await told("link-expired", "notice", (state) => ({
    ...state,
    view: { ...state.view, server_check: { state: "reached", took_ms: 84, clock_ahead_ms: 0, at: 9_400 } },
  }));
  expect(is.words).toMatch(/Certificate expired on (3 May|May 3)/);
  expect(is.words).not.toMatch(/clock/);
  expect(is.remedies).toEqual(["Try now", "Copy for IT"]);
});

test.each([
  ["link-down", "notice", /^No network\.? This computer is offline\. We reconnect by ourselves\./],
  ["unreachable-tcp", "form", /^No network\.? This computer is offline\. Connect it, then try again\./],
  ["unreachable-dns", "form", /^No network\.? This computer is offline\. Connect it, then try again\./],
] as const)("without a network %s says that alone", async (scene, place, words) => {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  const is = await told(scene, place);
  expect(is.words).toMatch(words);
  expect(is.remedies).toEqual([]);
});

test.each([
  ["unreachable-tls", "The server's certificate is not trusted"],
  ["unreachable-http", "The server gave no answer that makes sense"],
  ["unreachable-proxy", "The company proxy wants a sign-in"],
])(
  "where something has answered there is a network, whatever the system says of it: %s",
  async (scene, title) => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const is = await told(scene, "form");
    expect(is.words).toContain(title);
    expect(is.words).not.toContain("No network");
  },
);
