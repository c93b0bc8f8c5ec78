// Passkeys in the browser: the server speaks JSON, the browser speaks bytes.

import { ask } from "./session.js";

const decoded = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const encoded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Browsers refuse an address of numbers as the home of a passkey. */
export const isNumber = /^[\d.]+$|^\[/u.test(location.hostname);
export const works = Boolean(window.PublicKeyCredential) && window.isSecureContext && !isNumber;

/** Where the same portal can be opened so that passkeys work; empty when we do not know. */
export const otherAddress = ["127.0.0.1", "[::1]"].includes(location.hostname) ? `${location.protocol}//localhost:${location.port}/` : "";

const withId = (keys = []) => keys.map((key) => ({ ...key, id: decoded(key.id) }));

/** What the server wants from a passkey: {challenge_id, credential}. Any passkey of this site will do. */
export async function signed() {
  const { challenge_id: challenge, options } = await ask("passkey-challenges", {});
  const credential = await navigator.credentials.get({
    publicKey: { ...options, challenge: decoded(options.challenge), allowCredentials: withId(options.allowCredentials) },
  });
  return { challenge_id: challenge, credential: written(credential, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]) };
}

/** Makes a passkey as the server's options say, and returns what it has to keep. */
export async function made({ challenge_id: challenge, options }) {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decoded(options.challenge),
      user: { ...options.user, id: decoded(options.user.id) },
      excludeCredentials: withId(options.excludeCredentials),
    },
  });
  return { challenge_id: challenge, credential: written(credential, ["clientDataJSON", "attestationObject"]) };
}

function written(credential, members) {
  const found = members.filter((name) => credential.response[name]);
  return {
    id: credential.id,
    rawId: encoded(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: {},
    response: Object.fromEntries(found.map((name) => [name, encoded(credential.response[name])])),
  };
}

const WORDS = {
  NotAllowedError: "No passkey was used. Try again, or choose another way.",
  AbortError: "No passkey was used. Try again, or choose another way.",
  InvalidStateError: "This device has a passkey for this account already.",
  SecurityError: "Passkeys do not work at this address. Open the portal under its name, over https.",
  NotSupportedError: "This device cannot make a passkey that we accept.",
};

/** Words for what a browser or the server says against a passkey. */
export const wordsFor = (error) => WORDS[error.name] ?? error.words ?? "The passkey did not work. Try again, or choose another way.";
