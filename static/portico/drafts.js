// What is being typed, by person and place, for this tab: it survives a reload and signing in again,
// and goes when the person signs out.

import { user } from "./session.js";

const START = "portico.";

const name = (place) => `${START}draft:${user()?.id}:${place}`;

export const draft = (place) => sessionStorage.getItem(name(place)) ?? "";

export function keepDraft(place, text) {
  if (text) sessionStorage.setItem(name(place), text);
  else sessionStorage.removeItem(name(place));
}

export function forgetDrafts() {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(START)) sessionStorage.removeItem(key);
  }
}
