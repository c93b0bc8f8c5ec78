// Names of people, clients and projects by id, as far as this person may see them. The API sends
// ids; lists are read once and again when somebody new appears.

import { all, optional } from "./api.js";
import { useResource } from "./store.js";
import { isStaff, user } from "./session.js";

const names = new Map();

export const nameOf = (id) => (id ? names.get(id) ?? "" : "");
export const fullName = (person) => [person.first_name, person.last_name].filter(Boolean).join(" ") || person.name || person.email || "";

export function learn(id, name) {
  if (id && name) names.set(id, name);
}

/** People of conversations may come as ids or as {user_id, name}. */
export function learnPeople(people = []) {
  for (const person of people) {
    if (typeof person === "object") learn(person.user_id ?? person.id, fullName(person));
  }
}

/** Reads what there is to know; a view that draws names calls it, so that it is drawn again. */
export function useNames() {
  return useResource("names", loadNames, ["client.", "project.created", "user.registered", "contact."]);
}

async function loadNames() {
  const me = user();
  learn(me?.id, fullName(me ?? {}));
  const [people, clients] = isStaff()
    ? await Promise.all([optional(all("/users")), optional(all("/clients"))])
    : [null, optional(all("/clients"))];
  learnPeople(people ?? []);
  for (const client of (await clients) ?? []) learn(client.id, client.name || client.company);
  return names.size;
}
