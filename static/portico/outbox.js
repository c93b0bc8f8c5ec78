// Messages that could not go out yet. They are kept in this browser with the key of their first
// try, so that sending again never posts twice, and go out when the line is back.

import { newKey, post } from "./api.js";
import { user } from "./session.js";
import { touchKind } from "./store.js";

const STORE = "portico.outbox";
const LOCK = "portico.outbox";
const listeners = new Set();

const readAll = () => {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? [];
  } catch {
    return [];
  }
};

function write(letters) {
  if (letters.length) localStorage.setItem(STORE, JSON.stringify(letters));
  else localStorage.removeItem(STORE);
  listeners.forEach((listener) => listener());
}

export const waitingFor = (conversation) => readAll().filter((letter) => letter.conversation === conversation && letter.user === user()?.id);

export function onOutbox(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function sendMessage(conversation, body) {
  write([...readAll(), { key: newKey(), conversation, body, user: user().id, at: new Date().toISOString(), why: "" }]);
  return flush();
}

export function dropLetter(key) {
  write(readAll().filter((letter) => letter.key !== key));
}

/** Sends what waits, oldest first. A refusal keeps the letter, with the reason beside it. */
export function flush() {
  return navigator.locks ? navigator.locks.request(LOCK, sendAll) : sendAll();
}

async function sendAll() {
  for (const letter of readAll().filter((one) => one.user === user()?.id)) {
    const outcome = await sendOne(letter);
    if (outcome === "later") return;
  }
}

async function sendOne(letter) {
  try {
    await post(`/conversations/${letter.conversation}/messages`, { body: letter.body }, { key: letter.key });
  } catch (error) {
    const lost = error.code === "OFFLINE" || error.status >= 500 || error.status === 429;
    const why = lost ? "" : error.words ?? error.message;
    write(readAll().map((other) => (other.key === letter.key ? { ...other, why, failed: true } : other)));
    return lost ? "later" : "kept";
  }
  touchKind("message.sent");
  dropLetter(letter.key);
  return "sent";
}

window.addEventListener("online", () => flush());
