// Nobody signed in, somebody about to be, or not any more.

import type { AccountView, AskView, NotMoved, PhoneView, SignedOutReason, State } from "../../lib/phone";
import { ANA, certificate, EXPIRED, MINUTE, NOW, ready, SIGNED_OUT, SIGNING_IN, state, wall } from "./ground";

function signedOut(reason: SignedOutReason): State {
  return state({ ...SIGNED_OUT, account: { state: "signed_out", reason, since: NOW - 4_000 } });
}

function account(account: AccountView, more: Partial<PhoneView> = {}): State {
  return state({ ...SIGNED_OUT, account, ...more });
}

const HELD: SignedOutReason = {
  code: "held_elsewhere",
  message: "You are already logged in on another device. Please log out there first.",
  device_name: "LAPTOP-7",
  system: null,
  in_call: null,
  since: new Date(wall() - 132 * MINUTE).toISOString(),
  same_member: true,
  askable: true,
};

const asking = (ask: AskView): State =>
  account({ state: "asking", email: ANA.email, device_name: "DESK-14", ask });

const notMoved = (why: NotMoved): State => signedOut({ code: "not_moved", device_name: "DESK-14", why });

export const ACCOUNTS = {
  "signed-out": () => account({ state: "signed_out", reason: null, since: 0 }),
  "signed-out-by-user": () => signedOut({ code: "by_user", lock: { state: "free" } }),
  "signed-out-unconfirmed": () =>
    signedOut({ code: "by_user", lock: { state: "unconfirmed", for_ms: 3_540_000 } }),
  demo: () => state(SIGNED_OUT, { demo: { email: "ana@helix.example", password: "correct horse" } }, []),
  "server-locked": () => state(SIGNED_OUT, { locked: ["server"] }),
  "server-given": () => state(SIGNED_OUT, { locked: ["server"], server_given: true }),
  "no-server": () =>
    state(
      {
        ...SIGNED_OUT,
        account: { state: "not_configured", message: "No server is configured to sign in at" },
      },
      { server: null },
      [],
    ),
  "signing-in": () => account({ state: "signing_in", email: ANA.email }),
  "signing-in-line": () => ready(SIGNING_IN),
  "wrong-password": () => signedOut({ code: "wrong_credentials", message: "Invalid credentials" }),
  "bad-request": () => signedOut({ code: "bad_request", message: "email must be an email" }),
  "too-many-tries": () =>
    signedOut({ code: "too_many_tries", message: "Too many attempts", retry_after_seconds: 40 }),
  "server-trouble": () =>
    signedOut({ code: "server_trouble", status: 503, message: "Upstream is not available" }),
  "unreachable-dns": () =>
    signedOut({ code: "unreachable", hop: "dns", detail: "The name phone.helix.example has no address" }),
  "unreachable-tcp": () =>
    signedOut({
      code: "unreachable",
      hop: "tcp",
      detail: "The sidecar at phone.helix.example port 443 cannot be reached",
    }),
  "unreachable-proxy": () =>
    signedOut({
      code: "unreachable",
      hop: "proxy",
      detail: "The proxy proxy.corp.example answered 407 Proxy Authentication Required",
      facts: { of: "proxy", name: "proxy.corp.example:3128", status: 407, port: 443 },
    }),
  "unreachable-proxy-other": () =>
    signedOut({
      code: "unreachable",
      hop: "proxy",
      detail: "The proxy on the way to phone.helix.example failed: unsuccessful",
      facts: { of: "proxy", name: "proxy.corp.example:3128", status: null, port: 443 },
    }),
  "unreachable-tls": () =>
    signedOut({
      code: "unreachable",
      hop: "tls",
      detail:
        "The certificate of phone.helix.example was issued by an authority that this machine does not trust",
      facts: certificate("not_trusted", { issuer: "Contoso Inspection CA" }),
    }),
  "unreachable-tls-name": () =>
    signedOut({
      code: "unreachable",
      hop: "tls",
      detail:
        "The certificate that phone.helix.example shows is for www.helix.example, not for phone.helix.example",
      facts: certificate("other_name", { names: ["www.helix.example"] }),
    }),
  "unreachable-tls-revoked": () =>
    signedOut({
      code: "unreachable",
      hop: "tls",
      detail: "The certificate of phone.helix.example was revoked",
      facts: certificate("revoked"),
    }),
  "unreachable-tls-time": () =>
    signedOut({
      code: "unreachable",
      hop: "tls",
      detail: "The certificate of phone.helix.example expired on 2026-05-03 12:00 UTC",
      facts: EXPIRED,
    }),
  "unreachable-http": () =>
    signedOut({
      code: "unreachable",
      hop: "http",
      detail: "https://phone.helix.example/auth/login answered 302 without a word that is understood",
    }),
  "unreachable-timeout": () =>
    signedOut({ code: "unreachable", hop: "timeout", detail: "The sidecar did not answer" }),
  "bad-account": () => signedOut({ code: "bad_account", detail: "sipWsServer does not begin with wss" }),
  "held-elsewhere": () => signedOut(HELD),
  "held-in-call": () => signedOut({ ...HELD, system: "Windows", in_call: true }),
  "held-not-askable": () => signedOut({ ...HELD, askable: false }),
  "held-by-another": () => signedOut({ ...HELD, same_member: false, askable: false }),
  "held-unknown": () =>
    signedOut({ ...HELD, device_name: null, since: null, same_member: null, askable: false }),
  "asking-sending": () => asking({ state: "sending" }),
  asking: () => asking({ state: "waiting", until: NOW + 14_000 }),
  "asking-after-call": () => asking({ state: "after_call" }),
  "not-moved-refused": () => notMoved("refused"),
  "not-moved-unanswered": () => notMoved("unanswered"),
  "not-moved-superseded": () => notMoved("superseded"),
  "not-moved-lapsed": () => notMoved("lapsed"),
  "no-phone": () =>
    signedOut({ code: "not_configured", message: "Agent account not configured. Contact administrator." }),
  "second-factor": () =>
    signedOut({
      code: "second_factor",
      message: "Your account asks for a second factor, which this sign-in cannot do. Contact administrator.",
    }),
  "email-not-verified": () =>
    signedOut({
      code: "email_not_verified",
      message:
        "Your e-mail address is not verified yet. Open the link in the message you were sent, then sign in again.",
    }),
  manager: () =>
    account({
      state: "signed_in",
      user: { ...ANA, role: "cc-manager", name: "Meera Nair" },
      phone: false,
      since: NOW - MINUTE,
    }),
  "taken-over": () => signedOut({ code: "taken_over", device_name: "LAPTOP-7" }),
  "lease-expired": () => signedOut({ code: "lease_expired" }),
  "token-refused": () => signedOut({ code: "token_refused" }),
  "account-changed": () => signedOut({ code: "account_changed" }),
  restoring: () => account({ state: "restoring" }),
  resuming: () => account({ state: "resuming", user: ANA, trouble: null }),
  "resuming-trouble": () =>
    account({
      state: "resuming",
      user: ANA,
      trouble: { hop: "tcp", detail: "The sidecar at phone.helix.example port 443 cannot be reached" },
    }),
  "signing-out": () => account({ state: "signing_out" }),
} satisfies Record<string, () => State>;
