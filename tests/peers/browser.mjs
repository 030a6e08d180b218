// Runs JsSIP in Chromium. One JSON command per line on stdin ({"do": "register", …}), one JSON event per line on stdout.
// node browser.mjs CHROMIUM HOME MICROPHONE.wav
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [executablePath, home, microphone] = process.argv.slice(2);
const here = new URL(".", import.meta.url).pathname;

const bundle = await build({
  entryPoints: [`${here}/page.js`],
  absWorkingDir: here,
  bundle: true,
  format: "iife",
  define: { global: "window" },
  logLevel: "silent",
  write: false,
});

const browser = await chromium.launchPersistentContext(`${home}/profile`, {
  executablePath,
  headless: true,
  env: { ...process.env, HOME: home },
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${microphone}`,
  ],
});

const page = await browser.newPage();
const say = (line) => process.stdout.write(`${line}\n`);
await page.exposeFunction("say", say);
page.on("console", (it) => process.stderr.write(`page: ${it.text()}\n`));
page.on("pageerror", (it) => process.stderr.write(`page: ${it.stack}\n`));
// A secure origin that never leaves this process.
await page.route("https://peer.example/**", (route) =>
  route.fulfill({ contentType: "text/html", body: "<!doctype html><title>peer</title>" }),
);
await page.goto("https://peer.example/");
await page.addScriptTag({ content: bundle.outputFiles[0].text });
say(JSON.stringify({ event: "ready" }));

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...rest } = JSON.parse(line);
  if (name === "quit") break;
  await page.evaluate(([name, rest]) => window.peer[name](rest), [name, rest]);
}
await browser.close();
