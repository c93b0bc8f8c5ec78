// Who is signed in. The access token is kept for its tab, so that a reload needs no exchange before
// it can ask for anything. The refresh token is shared by the tabs of a browser, so it is kept in
// localStorage. It works once; two tabs that used the same one would end the session. Therefore
// the exchange happens under a Web Lock, each tab reads the stored token only inside it, and the
// new access token is told to the other tabs, which then need no exchange.
// The strict content security policy (no foreign or inline script) is what protects the store.

import { send } from "./api.js";

const STORE = "portico.session";
const ACCESS = "portico.access";
const EARLY = 60_000; // renew this long before the end
const SPREAD = 10_000; // so that the tabs do not all start at once
const channel = "BroadcastChannel" in window ? new BroadcastChannel("portico.session") : null;
const listeners = new Set();

let current = read(localStorage, STORE);
let access = null; // {token, until}
let timer = 0;
let over = false; // the server ended the session, as opposed to "never signed in"

function read(store, name) {
  try {
    return JSON.parse(store.getItem(name));
  } catch {
    return null;
  }
}

const stored = () => read(localStorage, STORE);

export const user = () => current?.user ?? null;
export const isStaff = () => Boolean(current) && current.user.role !== "client";
/** Accountants see money and no approvals. */
export const seesApprovals = () => current?.user.role !== "accountant";
export const wasEnded = () => over;

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = () => listeners.forEach((listener) => listener());

export async function signIn(email, password) {
  await enter(await ask("login", { email, password }));
}

/** The server has finished a sign-in on a page of its own and handed over a code for it. */
export async function acceptHandoff(code) {
  await enter(await ask("handoffs", { code }));
}

/** What the server answers to one who is not signed in yet, such as a token pair. */
export const ask = async (path, body) => (await exchange(path, body)).data;

/** Signed in with this token pair. */
export async function enter(data) {
  if (current && current.user.id !== data.user.id) await signOut(); // somebody else was in this browser
  over = false;
  keep(data, data.user);
  tell();
}

/** The id of this session in the list of devices. */
export function ownId() {
  if (!access) return "";
  return JSON.parse(atob(access.token.split(".")[1])).sid;
}

/** The server is told, but a failed call does not keep anybody signed in here. */
export async function signOut() {
  const token = await accessToken().catch(() => null);
  forget();
  tell();
  if (token) await exchange("logout", {}, token).catch(() => {});
}

/** A token good for at least a few seconds, or null when nobody is signed in. */
export async function accessToken() {
  if (!current) return null;
  return access && access.until - Date.now() > 5_000 ? access.token : renew(access?.token);
}

/** A token other than `stale`. Another tab, or an earlier call here, may have got it meanwhile. */
export async function renew(stale) {
  if (!navigator.locks) return renewAlone(stale); // plain http in a network: no locks there
  return navigator.locks.request("portico.refresh", () => renewAlone(stale));
}

let running = null;

async function renewAlone(stale) {
  if (access && access.token !== stale && access.until > Date.now()) return access.token;
  running ??= renewNow().finally(() => { running = null; });
  return running;
}

async function renewNow() {
  current = stored();
  if (!current) return null;
  try {
    const { data } = await exchange("refresh", { refresh_token: current.refresh_token });
    if (!stored()) return null; // signed out meanwhile, here or in another tab
    keep(data, data.user ?? current.user);
    return access.token;
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) throw error;
    end();
    return null;
  }
}

/** The server says that this session is over. What was typed stays. */
export function end() {
  over = true;
  forget();
  tell();
}

function keep(data, person) {
  current = { refresh_token: data.refresh_token, user: person };
  localStorage.setItem(STORE, JSON.stringify(current));
  hold({ token: data.access_token, until: Date.now() + data.expires_in * 1_000 });
  channel?.postMessage({ user: person.id, access });
}

function hold(next) {
  access = next;
  sessionStorage.setItem(ACCESS, JSON.stringify({ ...next, user: current.user.id }));
  clearTimeout(timer);
  timer = setTimeout(() => renew(next.token).catch(() => {}), Math.max(5_000, next.until - Date.now() - EARLY - Math.random() * SPREAD));
}

function dropAccess() {
  access = null;
  sessionStorage.removeItem(ACCESS);
}

function forget() {
  dropAccess();
  current = null;
  clearTimeout(timer);
  localStorage.removeItem(STORE);
}

function exchange(path, body, token) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  return send(`/api/v1/auth/${path}`, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
}

channel?.addEventListener("message", ({ data }) => {
  if (current && data.user === current.user.id) hold(data.access);
});

// Signed in or out in another tab: this one follows.
window.addEventListener("storage", (event) => {
  if (event.key !== STORE) return;
  const before = current?.user.id;
  current = stored();
  if (current?.user.id === before) return;
  dropAccess();
  clearTimeout(timer);
  tell();
});

const kept = read(sessionStorage, ACCESS);
if (kept && kept.user === current?.user.id && kept.until > Date.now()) hold({ token: kept.token, until: kept.until });
