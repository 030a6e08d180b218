// What went wrong, in sentences that an agent can read aloud: what happened, and what can be done. Codes stand in `detail`.

import { current } from "./current.svelte";
import { dayOf, secondsLeft, span } from "./format";
import { masked } from "./masked";
import type { Hop, HopFacts, LineView, SignedOutReason, SystemSettings } from "./phone";
import { t } from "./words.svelte";

export type Fault = {
  title: string;
  line?: string;
  /** What the server or the system said. */
  detail?: string;
  /** Its line counts down. */
  counts?: boolean;
  /** Whoever runs the network can use it. */
  forIt?: boolean;
  /** It mends itself: no try of its user helps. */
  passes?: boolean;
  /** The clock of this computer may be wrong, and its settings can be opened. */
  clock?: boolean;
};

/** What stands in the way, as the phone tells it. */
export type Trouble = { hop: Hop; detail: string; facts?: HopFacts };

/** Where in the sign-in form the remedy is. */
export type FieldAtFault = "server" | "email" | "password";

export type SignInFault = Fault & { field: FieldAtFault };

/** Why nobody is signed in, where that is told on the sign-in screen; null: nothing went wrong, or another screen tells it. */
export function signInFault(
  reason: SignedOutReason,
  server: string | null,
  waitedMs: number,
): SignInFault | null {
  switch (reason.code) {
    case "by_user":
    case "lease_expired":
    case "token_refused":
    case "account_changed":
    case "taken_over":
    case "held_elsewhere":
    case "not_moved":
    case "not_configured":
      return null;
    case "wrong_credentials":
      return { title: t("fault-credentials"), detail: reason.message, field: "password" };
    case "bad_request":
      return { title: t("fault-request"), detail: reason.message, field: "email" };
    case "second_factor":
      return {
        title: t("fault-second-factor"),
        line: t("fault-second-factor-line"),
        detail: reason.message,
        forIt: true,
        field: "email",
      };
    case "email_not_verified":
      return {
        title: t("fault-not-verified"),
        line: t("fault-not-verified-line"),
        detail: reason.message,
        field: "password",
      };
    case "too_many_tries": {
      const left = waitLeft(reason, waitedMs);
      return {
        title: t("fault-tries"),
        line:
          left === null
            ? t("fault-tries-later")
            : left > 0
              ? t("fault-tries-wait", { seconds: left })
              : t("fault-tries-over"),
        counts: left !== null && left > 0,
        field: "password",
      };
    }
    case "server_trouble":
      return {
        title: t("fault-server"),
        line: t("fault-server-line"),
        detail: `${reason.status} ${reason.message}`,
        field: "password",
      };
    case "unreachable": {
      const atServer = reason.hop === "dns" || reason.hop === "configuration";
      return {
        ...triedFault(reason, host(server)),
        field: atServer ? "server" : "password",
      };
    }
    case "bad_account":
      return {
        title: t("fault-account"),
        line: t("fault-account-line"),
        detail: reason.detail,
        forIt: true,
        field: "email",
      };
  }
}

/** Seconds until the server lets us try again; null: it did not say. */
export function waitLeft(reason: SignedOutReason, waitedMs: number): number | null {
  return reason.code === "too_many_tries" && reason.retry_after_seconds !== null
    ? secondsLeft(reason.retry_after_seconds * 1000 - waitedMs)
    : null;
}

/** Why `host` cannot be reached; `voice`: it is the phone server. */
export function hopFault({ hop, detail, facts }: Trouble, host: string, voice = false): Fault {
  // Where another hop failed something has answered.
  if (!navigator.onLine && (hop === "dns" || hop === "tcp" || hop === "timeout")) {
    return { title: t("fault-offline"), line: t("fault-offline-line"), detail, passes: true };
  }
  switch (hop) {
    case "configuration":
      return { title: t("fault-address"), detail };
    case "dns":
      return { title: t("fault-dns"), line: t("fault-dns-line", { host }), detail, forIt: true };
    case "tcp":
      return { title: t("fault-tcp"), line: t("fault-tcp-line"), detail, forIt: true };
    case "proxy":
      return { ...proxyFault(facts, voice), detail, forIt: true };
    case "tls":
      return { ...certificateFault(facts), detail, forIt: true };
    case "http":
      return { title: t("fault-http"), line: t("fault-http-line", { host }), detail, forIt: true };
    case "web_socket":
      return { title: t("fault-refused"), detail, forIt: true };
    case "timeout":
      return { title: t("fault-timeout"), line: t("fault-timeout-line"), detail };
  }
}

/** The same where nothing is tried again but by its user. */
export function triedFault(trouble: Trouble, host: string): Fault {
  const fault = hopFault(trouble, host);
  return fault.passes ? { ...fault, line: t("fault-offline-try"), passes: false } : fault;
}

type Words = Pick<Fault, "title" | "line" | "clock">;

function proxyFault(facts: HopFacts | undefined, voice: boolean): Words {
  const line = voice ? t("fault-proxy-line") : t("fault-proxy-server");
  if (facts?.of !== "proxy") {
    return { title: t("fault-proxy"), line };
  }
  switch (facts.status) {
    case 407:
      return { title: t("fault-proxy-sign-in"), line: t("fault-proxy-refused", { proxy: facts.name }) };
    case 403:
    case 405:
      return { title: t("fault-proxy-port", { port: String(facts.port) }), line };
    default:
      return { title: t("fault-proxy"), line };
  }
}

function certificateFault(facts: HopFacts | undefined): Words {
  if (facts?.of !== "certificate") {
    return { title: t("fault-tls-other") };
  }
  const { issuer, valid, names } = facts;
  switch (facts.fault) {
    case "not_trusted":
      return {
        title: t("fault-tls"),
        line: issuer === null ? t("fault-tls-line") : t("fault-tls-issued", { issuer }),
      };
    case "expired":
      return timed(valid === null ? null : t("fault-tls-expired", { day: dayOf(new Date(valid)) }));
    case "not_yet_valid":
      return timed(valid === null ? null : t("fault-tls-early", { day: dayOf(new Date(valid)) }));
    case "other_name":
      return {
        title: t("fault-tls-name"),
        ...(names.length === 0 ? {} : { line: t("fault-tls-names", { names: names.join(", ") }) }),
      };
    case "revoked":
      return { title: t("fault-tls-revoked") };
  }
}

/** A certificate out of its time; or in it, where the clock is wrong, which it is not where a server was heard to say the same time. */
function timed(title: string | null): Words {
  if (clockAhead() === 0) {
    return { title: title ?? t("fault-tls-time") };
  }
  const off = clockWords();
  const clock = opens("clock");
  return title === null
    ? { title: t("fault-tls-time"), line: off ?? t("fault-tls-time-line"), clock }
    : { title, line: off ?? t("fault-tls-clock"), clock };
}

/** Whether this page of the system's own settings can be opened. */
export const opens = (what: SystemSettings): boolean => current.window.system_settings.includes(what);

/** By how much this computer's clock is off, where the server was heard to say another time. */
export function clockWords(): string | null {
  const ahead = clockAhead();
  return ahead === undefined || ahead === 0 ? null : t("clock-off", { time: span(Math.abs(ahead)) });
}

/** By how many milliseconds this computer's clock is ahead of the server's: 0 where it is right, undefined where nobody knows. */
function clockAhead(): number | undefined {
  const check = current.view.server_check;
  return check?.state === "reached" ? check.clock_ahead_ms : undefined;
}

/** Why the extension is not registered. */
export function lineFault(line: Extract<LineView, { state: "failed" }>, extension: string): Fault {
  const detail = line.status === null ? line.reason : `${line.status} ${line.reason}`;
  switch (line.status) {
    case 401:
    case 403:
      return {
        title: t("fault-extension-refused", { extension: masked(extension) }),
        line: t("fault-extension-refused-line"),
        detail,
        forIt: true,
      };
    case 404:
      return { title: t("fault-extension-unknown"), detail, forIt: true };
    case 408:
      return { title: t("fault-line-silent"), detail };
    case 603:
      return { title: t("fault-line-full"), line: t("fault-line-full-line"), detail, passes: true };
    default:
      return { title: t("fault-line"), detail, forIt: true };
  }
}

/** The name in an address, as people know a server. */
export function host(server: string | null): string {
  if (server !== null && URL.canParse(server)) {
    return new URL(server).host;
  }
  return server ?? "";
}
