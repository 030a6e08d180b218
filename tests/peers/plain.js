// A call without signalling: who drives the page carries offer and answer, whole with their candidates.

let connection;
let stream;
let speaker;

function say(event, more = {}) {
  window.say(JSON.stringify({ event, ...more }));
}

// `processing`: whether the voice is processed (echo, noise, gain).
async function open(processing) {
  const audio = { echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing };
  stream = await navigator.mediaDevices.getUserMedia({ audio });
  connection = new RTCPeerConnection();
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  connection.ontrack = ({ track }) => {
    speaker = new Audio();
    speaker.srcObject = new MediaStream([track]);
    speaker.play();
  };
  connection.onconnectionstatechange = () => say("connection", { state: connection.connectionState });
}

async function describe(description) {
  await connection.setLocalDescription(description);
  while (connection.iceGatheringState !== "complete") {
    await new Promise((changed) => connection.addEventListener("icegatheringstatechange", changed, { once: true }));
  }
  say("description", { sdp: connection.localDescription.sdp });
}

export const plain = {
  async offerPlain({ processing }) {
    await open(processing);
    await describe(await connection.createOffer());
  },
  async answerPlain({ processing, sdp }) {
    await open(processing);
    await connection.setRemoteDescription({ type: "offer", sdp });
    await describe(await connection.createAnswer());
  },
  async applyPlain({ sdp }) {
    await connection.setRemoteDescription({ type: "answer", sdp });
  },
  endPlain() {
    connection.close();
    speaker.srcObject = null;
    for (const track of stream.getTracks()) track.stop();
    say("closed");
  },
};
