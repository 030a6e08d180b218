import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

import { lean, values } from "./src/lib/lean.ts";

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

/** What a window loads at most, in one language, compressed as Tauri packs it into the program: by Brotli, at this level. */
const BUDGET = 100_000;
const LEVEL = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** The name of a text, where it is defined. */
const KEY = /^[\w-]+(?= *=)/gm;

/** Leaves out of the files of words what only their translators need. */
function words(): Plugin {
  return {
    name: "words",
    enforce: "pre",
    load(id) {
      const path = id.replace("?raw", "");
      if (!path.endsWith(".ftl")) {
        return;
      }
      this.addWatchFile(path);
      const text = readFileSync(path, "utf8");
      return `export default ${JSON.stringify(path.endsWith("/en.ftl") ? lean(text) : values(text))}`;
    },
  };
}

/** Calls each text by its place in the file in place of its name: names stand in the code and beside the words. */
function placed(): Plugin {
  const english = readFileSync(new URL("src/words/en.ftl", import.meta.url), "utf8");
  const places = new Map([...lean(english).matchAll(KEY)].map(([key], at) => [key, `k${at.toString(36)}`]));
  const place = (key: string) => places.get(key) ?? key;
  return {
    name: "placed-words",
    apply: "build",
    enforce: "pre",
    transform: {
      filter: { id: /\.(svelte|ts)$|en\.ftl\?raw$/ },
      handler: (code, id) =>
        id.endsWith("?raw")
          ? code.replace(/(?<="|\\n)[\w-]+(?= *=)/g, place)
          : code.replace(/(?<=\bt\(\s*")[\w-]+(?=")/g, place),
    },
  };
}

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
      let common = 0;
      const languages: number[] = [];
      for (const file of Object.values(bundle)) {
        const weight = brotliCompressSync(file.type === "chunk" ? file.code : file.source, LEVEL).length;
        if (file.type === "chunk" && file.facadeModuleId?.endsWith(".ftl?raw")) {
          languages.push(weight);
        } else {
          common += weight;
        }
      }
      const weight = common + Math.max(...languages);
      const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1);
      const all = common + languages.reduce((sum, it) => sum + it, 0);
      const words = `a window: ${kilobytes(weight)} kB compressed of ${String(BUDGET / 1000)} kB, all languages: ${kilobytes(all)} kB`;
      if (weight > BUDGET) {
        this.error(words);
      }
      this.info(words);
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [words(), svelte(), ...(mode === "scripted" ? [scripted()] : [placed(), budget()])],
  build: {
    target: ["es2022", "safari16.4", "chrome111"],
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
