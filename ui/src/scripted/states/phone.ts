// A phone that is signed in, without a call: ready, or what is in the way.

import type { State } from "../../lib/phone";
import { EXPIRED, JABRA, LAPTOP_SPEAKER, MONITOR, NOW, READY, ready, state } from "./ground";

export const PHONES = {
  ready: () => ready(),
  "ready-first-day": () => state({ ...READY, ended: null }, {}, []),
  fallback: () =>
    ready({
      account: { state: "fallback", sip_uri: "sip:700201@sip.helix.example" },
      agent: null,
      lease: null,
    }),
  "path-blocked": () =>
    ready({ path_check: { state: "silent", servers: ["203.0.113.5:3478"], at: NOW - 90_000 } }),
  "link-down": () =>
    ready({
      link: {
        state: "down",
        host: "sip.helix.example",
        hop: "tcp",
        detail: "sip.helix.example port 444 cannot be reached",
        retry_at: NOW + 8_000,
      },
      line: { state: "registering" },
    }),
  "link-dns": () =>
    ready({
      link: {
        state: "down",
        host: "sip.helix.example",
        hop: "dns",
        detail: "The name sip.helix.example cannot be resolved: unknown",
        retry_at: NOW + 8_000,
      },
      line: { state: "registering" },
    }),
  "link-proxy": () =>
    ready({
      link: {
        state: "down",
        host: "sip.helix.example",
        hop: "proxy",
        detail: "The proxy http://proxy.corp.example:3128/ refuses the connection: HTTP/1.1 403 Forbidden",
        facts: { of: "proxy", name: "proxy.corp.example:3128", status: 403, port: 444 },
        retry_at: NOW + 30_000,
      },
      line: { state: "registering" },
    }),
  "link-expired": () =>
    ready({
      link: {
        state: "down",
        host: "sip.helix.example",
        hop: "tls",
        detail: "The certificate of sip.helix.example expired on 2026-05-03 12:00 UTC",
        facts: EXPIRED,
        retry_at: NOW + 30_000,
      },
      line: { state: "registering" },
    }),
  "link-refused": () =>
    ready({
      link: {
        state: "down",
        host: "sip.helix.example",
        hop: "web_socket",
        detail: "sip.helix.example answered 403 Forbidden",
        retry_at: NOW + 30_000,
      },
      line: { state: "registering" },
    }),
  "line-refused": () =>
    ready({ line: { state: "failed", status: 403, reason: "Forbidden", retry_at: null } }),
  "line-unknown": () =>
    ready({ line: { state: "failed", status: 404, reason: "Not Found", retry_at: null } }),
  "line-silent": () =>
    ready({ line: { state: "failed", status: 408, reason: "Request Timeout", retry_at: NOW + 8_000 } }),
  "line-full": () =>
    ready({ line: { state: "failed", status: 603, reason: "Too Many Contacts", retry_at: NOW + 60_000 } }),
  "lease-at-risk": () =>
    ready({
      lease: {
        state: {
          state: "at_risk",
          hop: "tcp",
          detail: "The sidecar at phone.helix.example port 443 cannot be reached",
        },
        ttl_ms: 3_600_000,
      },
    }),
  "no-microphone": () =>
    ready({
      sound: {
        ...READY.sound,
        devices: [LAPTOP_SPEAKER, MONITOR],
        microphone: null,
        speaker: LAPTOP_SPEAKER,
      },
    }),
  "microphone-refused": () =>
    ready({
      sound: {
        ...READY.sound,
        microphone: null,
        microphone_fault: { why: "refused", device: JABRA.name },
      },
    }),
  "vault-memory": () => ready({ vault: { state: "memory" } }),
  "vault-failed": () =>
    ready({
      vault: { state: "failed", detail: "The keyring does not answer" },
    }),
  complaint: () =>
    ready(
      {},
      {
        complaints: [
          "The settings file was broken and was set aside as settings.toml.broken-1. The usual settings are used.",
        ],
      },
    ),
  "link-asked": () => ready({}, { link: "+442079460958" }),
} satisfies Record<string, () => State>;
