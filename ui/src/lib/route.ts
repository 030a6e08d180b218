// Which screen shows the phone as it is.

import type { AccountView, SignedOutReason } from "./phone";

export type Screen =
  | "resuming"
  | "sign_in"
  | "held_elsewhere"
  | "asking"
  | "no_phone"
  | "session_ended"
  | "phone"
  | "signing_out";

/** `putAway`: the user has read why the phone is signed out and goes back to sign in. */
export function screen(account: AccountView, putAway: boolean): Screen {
  switch (account.state) {
    case "restoring":
    case "resuming":
      return "resuming";
    case "signing_in":
    case "not_configured":
      return "sign_in";
    case "asking":
      return "asking";
    case "signed_in":
      return account.phone ? "phone" : "no_phone";
    case "fallback":
      return "phone";
    case "signing_out":
      return "signing_out";
    case "signed_out":
      return putAway || account.reason === null ? "sign_in" : signedOut(account.reason);
  }
}

function signedOut(reason: SignedOutReason): Screen {
  switch (reason.code) {
    case "not_moved":
      // Who has taken the request back knows why.
      return reason.why === "withdrawn" ? "sign_in" : "held_elsewhere";
    case "held_elsewhere":
      return "held_elsewhere";
    case "not_configured":
      return "no_phone";
    case "taken_over":
    case "lease_expired":
    case "token_refused":
    case "account_changed":
      return "session_ended";
    case "by_user":
    case "wrong_credentials":
    case "second_factor":
    case "email_not_verified":
    case "bad_request":
    case "too_many_tries":
    case "server_trouble":
    case "unreachable":
    case "bad_account":
      return "sign_in";
  }
}
