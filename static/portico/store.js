// What the views show, by key. A view names how to load it and which kinds of change make it old;
// the old data stays on the page until the new is here. Two views with one key share one request.

import { useEffect, useState } from "../vendor/preact-htm.js";
import * as socket from "./socket.js";

const GATHER = 200; // changes come in groups
const FRESH = 2_000;
const RETRY_SECONDS = 10;
const entries = new Map();

function entryOf(key, load, watch) {
  const entry = entries.get(key) ?? { users: new Set(), data: undefined, error: null, running: null, at: 0 };
  Object.assign(entry, { load, watch });
  entries.set(key, entry);
  return entry;
}

/** {data, error, reload}. `watch` holds beginnings of event kinds, such as "invoice.". */
export function useResource(key, load, watch = []) {
  const entry = entryOf(key, load, watch);
  const [, redraw] = useState(0);
  useEffect(() => {
    const user = () => redraw((turn) => turn + 1);
    entry.users.add(user);
    if (!entry.running && Date.now() - entry.at > FRESH) refresh(entry); // one on its way serves all
    return () => entry.users.delete(user);
  }, [key]);
  return { data: entry.data, error: entry.error, reload: () => refresh(entry) };
}

async function refresh(entry) {
  if (entry.running) {
    entry.stale = true; // what is on its way may be older than the change
    return entry.running;
  }
  if (entry.error) {
    entry.error = null;
    draw(entry);
  }
  entry.running = entry.load().then(
    (data) => Object.assign(entry, { data, error: null, at: Date.now() }),
    (error) => Object.assign(entry, { error, at: 0 }),
  );
  await entry.running;
  entry.running = null;
  draw(entry);
  if (entry.stale) {
    entry.stale = false;
    refresh(entry);
  } else if (entry.error && passes(entry.error)) later(entry, 1_000 * Math.max(entry.error.retryAfter, RETRY_SECONDS));
  return entry;
}

/** Whether the same question may be answered in a while: no line, too many, a busy server. */
const passes = ({ status }) => status === 0 || status === 429 || status >= 500;

function later(entry, wait) {
  clearTimeout(entry.timer);
  entry.timer = setTimeout(() => entry.users.size && refresh(entry), wait);
}

const draw = (entry) => entry.users.forEach((user) => user());

/** Everything that a kind of change touches is read again; what nobody shows is read when shown. */
export function touch(matches) {
  for (const entry of entries.values()) {
    if (!matches(entry.watch)) continue;
    entry.at = 0;
    if (!entry.users.size) continue;
    later(entry, GATHER);
  }
}

export const touchKind = (kind) => touch((watch) => watch.some((start) => kind.startsWith(start)));
const touchAll = () => touch(() => true);

export function empty() {
  for (const entry of entries.values()) clearTimeout(entry.timer);
  entries.clear();
}

socket.on("change", ({ kind }) => touchKind(kind));
socket.on("gap", touchAll);
socket.on("ready", ({ again }) => again && touchAll());
window.addEventListener("online", touchAll);
