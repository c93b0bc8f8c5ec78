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

/** Rows of users, and of the people of a conversation. */
export function learnPeople(people = []) {
  for (const person of people) learn(person.id, fullName(person));
}

const toClient = new Map(); // contacts sign in for one client, rarely for more

export const clientOfPerson = (id) => nameOf(toClient.get(id));

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
  for (const person of people ?? []) {
    if (person.client_ids?.length) toClient.set(person.id, person.client_ids[0]);
  }
  for (const client of (await clients) ?? []) learn(client.id, client.name);
  return names.size;
}
