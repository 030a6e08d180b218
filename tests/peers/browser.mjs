// Runs JsSIP in Chromium. One JSON command per line on stdin ({"do": "register", …}), one JSON event per line on stdout.
// node browser.mjs CHROMIUM HOME MICROPHONE [SWITCH…]
// MICROPHONE is a WAV file, or `system`: then it hears and plays through the devices of this machine. The switches are Chromium's.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { build, stop } from "esbuild";
import { chromium } from "playwright-core";

const [executablePath, home, microphone, ...switches] = process.argv.slice(2);
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
await stop();

const isSystem = microphone === "system";
const browser = await chromium.launchPersistentContext(`${home}/profile`, {
  executablePath,
  headless: true,
  env: { ...process.env, HOME: home },
  ignoreDefaultArgs: isSystem ? ["--mute-audio"] : [],
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    ...(isSystem ? [] : ["--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${microphone}`]),
    ...switches,
  ],
});

const page = await browser.newPage();
const say = (line) => process.stdout.write(`${line}\n`);
await page.exposeFunction("say", say);
page.on("console", (it) => process.stderr.write(`page: ${it.text()}\n`));
page.on("pageerror", (it) => process.stderr.write(`page: ${it.stack}\n`));
// Loopback is a secure origin (for the microphone) that may speak to loopback (for the registrar).
const server = createServer((_, answer) => {
  answer.setHeader("content-type", "text/html");
  answer.end("<!doctype html><title>peer</title><p>peer</p>");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.addScriptTag({ content: bundle.outputFiles[0].text });
say(JSON.stringify({ event: "ready" }));

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...rest } = JSON.parse(line);
  if (name === "quit") break;
  await page.evaluate(([name, rest]) => window.peer[name](rest), [name, rest]);
}
await browser.close();
server.close();
