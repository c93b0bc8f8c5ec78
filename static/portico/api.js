// Calls to /api/v1/: the envelope is opened here, a failure becomes an ApiError with words for a
// person, and an expired access token is renewed once.

import * as session from "./session.js";

const BASE = "/api/v1";
const WORDS = {
  RATE_LIMITED: "Too many tries. Wait a little, then try again.",
  NOT_FOUND: "There is nothing here for you. The link may be old.",
  PERMISSION_DENIED: "You may not do this. Ask the person at the studio who invited you.",
  SERVICE_UNAVAILABLE: "The studio’s server is busy. Try again in a moment.",
};

/** `code` is one of the closed list of the API; OFFLINE and BAD_ANSWER are ours. */
export class ApiError extends Error {
  constructor({ code, message, status = 0, details = null, requestId = "", retryAfter = 0 }) {
    super(message);
    Object.assign(this, { code, status, details, requestId, retryAfter });
  }

  get absent() {
    return this.status === 403 || this.status === 404;
  }

  get words() {
    if (this.code === "RATE_LIMITED" && this.retryAfter > 1) return `Too many tries. Try again in ${waitWords(this.retryAfter)}.`;
    return WORDS[this.code] ?? this.message;
  }
}

function waitWords(seconds) {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return `${Math.ceil(seconds)} seconds`;
  return minutes === 1 ? "a minute" : `${minutes} minutes`;
}

/** A key that makes a repeated POST harmless. `randomUUID` exists on https and localhost only. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const get = (path, query) => call("GET", path, { query });
export const post = (path, body, { key } = {}) => call("POST", path, { body, key });
export const put = (path, body) => call("PUT", path, { body });
export const patch = (path, body) => call("PATCH", path, { body });
export const remove = (path) => call("DELETE", path);

/** The bytes behind a path. */
export const blob = (path) => call("GET", path, { as: "blob" });

async function call(method, path, { query, body, key, as } = {}) {
  const url = BASE + path + queryText(query);
  const token = await session.accessToken();
  try {
    return await send(url, request(method, token, body, key), as);
  } catch (error) {
    if (error.status !== 401 || !["TOKEN_EXPIRED", "TOKEN_INVALID"].includes(error.code)) throw error;
    const renewed = await session.renew(token);
    if (!renewed) throw error;
    return send(url, request(method, renewed, body, key), as);
  }
}

function queryText(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

function request(method, token, body, key) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  return { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin" };
}

/** Sends one request and opens the envelope: {data, meta}. Also used, without a token, to sign in. */
export async function send(url, options, as = "envelope") {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
    throw new ApiError({ code: "OFFLINE", message: "We cannot reach the studio. Check your connection and try again." });
  }
  if (answer.ok && as === "blob") return answer.blob();
  const requestId = answer.headers.get("X-Request-ID") ?? "";
  const body = await answer.json().catch(() => null);
  if (answer.ok && body?.success) return { data: body.data, meta: body.meta ?? {}, message: body.message };
  throw new ApiError({
    code: body?.code ?? "BAD_ANSWER",
    message: body?.message || `Our server failed. It answered ${answer.status}.`,
    status: answer.status,
    details: body?.details ?? null,
    requestId: body?.request_id || requestId,
    retryAfter: Number(answer.headers.get("Retry-After")) || 0,
  });
}

/** Every page of a list, up to `most` pages of a hundred. */
export async function all(path, query = {}, most = 5) {
  const rows = [];
  let cursor;
  for (let page = 0; page < most; page += 1) {
    const { data, meta } = await get(path, { limit: 100, ...query, cursor });
    rows.push(...data);
    cursor = meta.pagination?.next_cursor;
    if (!meta.pagination?.has_more || !cursor) break;
  }
  return rows;
}

/** For parts that may be missing or hidden: null instead of a refusal. */
export const optional = (promise) => promise.catch((error) => {
  if (error.absent || error.status === 400) return null;
  throw error;
});
