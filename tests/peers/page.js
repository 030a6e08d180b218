// The JsSIP user agent inside the browser; `browser.mjs` calls what it puts on `window.peer` and reads what it says.
import JsSIP from "jssip";
import { plain } from "./plain.js";

let agent;
let session;

function say(event, more = {}) {
  window.say(JSON.stringify({ event, ...more }));
}

function follow(call, incoming) {
  session = call;
  call.on("progress", () => say("progress"));
  call.on("confirmed", () => say("confirmed"));
  call.on("ended", (it) => say("ended", { by: it.originator, cause: it.cause }));
  call.on("failed", (it) => say("failed", { by: it.originator, cause: it.cause, status: it.message?.status_code }));
  call.on("hold", (it) => say("hold", { by: it.originator }));
  call.on("unhold", (it) => say("unhold", { by: it.originator }));
  call.on("newDTMF", (it) => say("dtmf", { by: it.originator, tone: it.dtmf.tone }));
  if (incoming) {
    say("incoming", { from: call.remote_identity.uri.user });
  }
}

// JsSIP refuses a change while another is under way at either end; it is asked again until it takes it.
function change(ask) {
  if (!ask(() => say("changed"))) {
    setTimeout(() => change(ask), 20);
  }
}

const media = { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, video: false };

// The strongest tone of what comes in, in Hz, and whether anything is heard, over half a second.
async function listen() {
  const track = session.connection.getReceivers().find((it) => it.track?.kind === "audio").track;
  const element = new Audio();
  element.srcObject = new MediaStream([track]);
  element.muted = true;
  const context = new AudioContext();
  await context.resume();
  const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  await new Promise((done) => setTimeout(done, 800));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  let best = 0;
  bins.forEach((level, at) => {
    if (level > bins[best]) best = at;
  });
  const hz = (best * context.sampleRate) / analyser.fftSize;
  const level = bins[best];
  await context.close();
  return { hz, level };
}

window.peer = {
  ...plain,
  // Tells when the page had painted its first contents, in ms since 1970.
  painted() {
    new PerformanceObserver((seen) => {
      const [paint] = seen.getEntriesByName("first-contentful-paint");
      if (paint) {
        say("painted", { at: performance.timeOrigin + paint.startTime });
      }
    }).observe({ type: "paint", buffered: true });
  },
  register({ url, uri, password }) {
    agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri,
      password,
      register: true,
      session_timers: false,
    });
    agent.on("registered", () => say("registered"));
    agent.on("registrationFailed", (it) => say("registrationFailed", { cause: it.cause }));
    agent.on("newRTCSession", (it) => follow(it.session, it.originator === "remote"));
    agent.start();
  },
  call({ to }) {
    agent.call(to, { mediaConstraints: media, pcConfig: { iceServers: [] } });
  },
  answer() {
    session.answer({ mediaConstraints: media, pcConfig: { iceServers: [] } });
  },
  hangUp() {
    session.terminate();
  },
  hold() {
    change((changed) => session.hold({}, changed));
  },
  unhold() {
    change((changed) => session.unhold({}, changed));
  },
  // As an application does when the computer's network changes: new credentials, the same certificate.
  restartIce() {
    change((changed) => session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, changed));
  },
  dtmf({ tones }) {
    session.sendDTMF(tones, { transportType: "RFC2833", duration: 100, interToneGap: 100 });
  },
  async listen() {
    say("heard", await listen());
  },
  async statistics() {
    const reports = await session.connection.getStats();
    const inbound = [...reports.values()].find((it) => it.type === "inbound-rtp" && it.kind === "audio");
    const codec = reports.get(inbound?.codecId)?.mimeType;
    const transport = [...reports.values()].find((it) => it.type === "transport");
    say("statistics", {
      packets: inbound?.packetsReceived ?? 0,
      lost: inbound?.packetsLost ?? 0,
      energy: inbound?.totalAudioEnergy ?? 0,
      codec,
      ufrag: transport?.iceLocalUsernameFragment,
    });
  },
  stop() {
    agent.stop();
    say("stopped");
  },
};
