// The live line. One socket on /ws, signed in by its first frame, subscribed to "me". Frames of
// kind `change` are hints without content: listeners fetch what they show. After a break the
// socket resumes behind the last sequence it saw, so that nothing is missed.

import * as session from "./session.js";

const SIGN_IN_AGAIN = [4000, 4001]; // the token was refused, the session is over
const DEAD_LINE = 4900; // closed from here
const LONGEST = 30_000;
const PATIENCE = 5_000; // this long without a line before the page says so

const listeners = new Map();
let socket = null;
let attempts = 0;
let last = null; // last sequence seen
let wanted = false;
let retry = 0;
let beat = 0;
let heard = 0;
let lostAt = 0;

/** Events: change {kind, topic, id, version, sequence}, badge, gap, ready, state. */
export function on(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
  return () => listeners.get(name).delete(listener);
}

function emit(name, value) {
  if (name === "state") document.documentElement.dataset.line = value; // for style sheets and tests
  listeners.get(name)?.forEach((listener) => listener(value));
}

/** "live", "joining" (just begun or just lost), "lost" or "offline". */
export function state() {
  if (!navigator.onLine) return "offline";
  if (socket?.signedIn) return "live";
  return lostAt && Date.now() - lostAt > PATIENCE ? "lost" : "joining";
}

export function start() {
  wanted = true;
  if (!socket) open();
}

export function stop() {
  wanted = false;
  last = null;
  attempts = 0;
  lostAt = 0;
  clearTimeout(retry);
  clearInterval(beat);
  const old = socket;
  socket = null;
  old?.close(1000);
}

async function open() {
  clearTimeout(retry);
  if (!wanted || socket) return;
  lostAt ||= Date.now();
  let token;
  try {
    token = await session.accessToken();
  } catch {
    again();
    return;
  }
  if (!token || !wanted || socket) return;
  const line = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket = line;
  line.token = token;
  line.addEventListener("open", () => say({ type: "auth", token }));
  line.addEventListener("message", (event) => line === socket && hear(JSON.parse(event.data)));
  line.addEventListener("close", (event) => line === socket && lost(event.code));
}

function say(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function hear(frame) {
  heard = Date.now();
  if (frame.sequence && (last === null || Number(frame.sequence) > Number(last))) {
    if (frame.type !== "ready") last = frame.sequence;
  }
  if (frame.type === "ready") ready(frame);
  else emit(frame.type, frame);
}

function ready(frame) {
  const again = last !== null;
  attempts = 0;
  lostAt = 0;
  socket.signedIn = true;
  say({ type: "subscribe", id: "1", topic: "me" });
  if (again) say({ type: "resume", after: last });
  else last = frame.sequence ?? null;
  clearInterval(beat);
  const period = (frame.heartbeat_seconds || 25) * 1_000;
  beat = setInterval(() => heartbeat(period), period);
  emit("ready", { again });
  emit("state", state());
}

/** A line that says nothing for two beats is taken for dead. */
function heartbeat(period) {
  if (Date.now() - heard > 2.5 * period) socket?.close(DEAD_LINE);
  else say({ type: "ping" });
}

async function lost(code) {
  const { token } = socket;
  socket = null;
  clearInterval(beat);
  lostAt ||= Date.now();
  emit("state", state());
  if (!wanted) return;
  if (SIGN_IN_AGAIN.includes(code)) {
    const renewed = await session.renew(token).catch(() => undefined);
    if (renewed === null) return; // the session is over; session.js has told everybody
  }
  again();
}

function again() {
  attempts += 1;
  const wait = Math.min(LONGEST, 500 * 2 ** Math.min(attempts, 6));
  clearTimeout(retry);
  retry = setTimeout(open, wait / 2 + Math.random() * wait / 2);
  setTimeout(() => emit("state", state()), PATIENCE + 50);
}

window.addEventListener("online", () => {
  attempts = 0;
  emit("state", state());
  open();
});
window.addEventListener("offline", () => emit("state", state()));
