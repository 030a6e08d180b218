import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

import { askingByName, withoutKeys } from "./src/words/keyless.ts";

/** What the program lets the page load; `npm run scripted` is served under it too. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src ipc: http://ipc.localhost",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The whole page, all languages, compressed as Tauri packs it into the program: by Brotli, at this level. */
const BUDGET = 100_000;
const LEVEL = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** Puts the scripted shell in front of each page; only `--mode scripted` has it. */
function scripted(): Plugin {
  return {
    name: "scripted-shell",
    transformIndexHtml: {
      order: "pre",
      handler: () => [
        {
          tag: "script",
          attrs: { type: "module", src: "/src/scripted/play.ts" },
          injectTo: "head-prepend",
        },
      ],
    },
  };
}

/** Says what the page weighs and refuses one that is too heavy. */
function budget(): Plugin {
  return {
    name: "budget",
    apply: "build",
    // The pages themselves are written last.
    enforce: "post",
    generateBundle(_, bundle) {
      let weight = 0;
      for (const file of Object.values(bundle)) {
        weight += brotliCompressSync(file.type === "chunk" ? file.code : file.source, LEVEL).length;
      }
      const words = `the page: ${(weight / 1000).toFixed(1)} kB compressed of ${String(BUDGET / 1000)} kB`;
      if (weight > BUDGET) {
        this.error(words);
      }
      this.info(words);
    },
  };
}

/** Leaves the keys of the words out of the page. */
function keyless(): Plugin {
  const folder = join(import.meta.dirname, "src/words");
  const words = (language: string) => readFileSync(join(folder, `${language}.ftl`), "utf8");
  return {
    name: "keyless-words",
    apply: "build",
    enforce: "pre",
    load(id) {
      const language = /\/words\/(\w+)\.ftl\?raw$/.exec(id)?.[1];
      return language === undefined
        ? null
        : `export default ${JSON.stringify(withoutKeys(words(language), words("en")))}`;
    },
    transform(code, id) {
      return /\/src\/.*\.(svelte|ts)$/.test(id) ? askingByName(code, words("en")) : null;
    },
  };
}

export default defineConfig(({ mode }) => ({
  // The scripted shell presses what it names by its key.
  plugins: [svelte(), ...(mode === "scripted" ? [scripted()] : [keyless(), budget()])],
  build: {
    target: ["es2022", "safari15.4", "chrome109"],
    outDir: mode === "scripted" ? "dist-scripted" : "dist",
    rolldownOptions: {
      input: ["index.html", "ring.html", "mini.html"],
      output: {
        // What two windows need is packed once and together: small files compress badly.
        codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] },
      },
      treeshake: {
        // Its dates, sets and addresses would come along with the one thing that is used.
        moduleSideEffects: [{ test: /\/svelte\/src\/reactivity\//, sideEffects: false }],
      },
    },
    // The policy refuses `data:` addresses, so nothing is put into one.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // The licences lie above the page.
  server: { host: "127.0.0.1", fs: { allow: [".."] } },
  preview: { host: "127.0.0.1", headers: { "Content-Security-Policy": POLICY } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: "node", environment: "node", include: ["src/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["src/**/*.browser.ts"],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
}));
