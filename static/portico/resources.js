// The lists that several pages share, each under one key, with the kinds of change that touch them.

import { all, get, optional } from "./api.js";
import { due } from "./format.js";
import { clientOfPerson, learn, learnPeople, nameOf } from "./names.js";
import { useResource } from "./store.js";
import { isStaff, seesApprovals } from "./session.js";
import { asksMe, OPEN_INVOICES, subjectOf } from "./words.js";

/** Open questions, and for the studio also those that were answered with changes. */
export const useApprovals = () => useResource("approvals:open", loadApprovals, ["approval.", "proof."]);

export const useInvoices = () => useResource("invoices:open", () => rows("/invoices", { status: OPEN_INVOICES.join(",") }), ["invoice.", "payment.", "refund."]);

export const useProjects = () => useResource("projects", loadProjects, ["project."]);

export const useConversations = () => useResource("conversations", loadConversations, ["message.", "conversation."]);

/** All rows, or null where this role has no such list. */
const rows = (path, query) => optional(all(path, query));

async function loadApprovals() {
  if (!seesApprovals()) return null;
  const approvals = await rows("/approvals", { status: "pending,changes_requested" });
  approvals?.forEach((approval) => learn(approval.id, subjectOf(approval)));
  return approvals;
}

async function loadProjects() {
  const { data } = await get("/projects", { limit: 100 });
  return data.map(learnProject);
}

function learnProject(project) {
  learn(project.id, project.name);
  learn(project.client_id, project.client?.name);
  return project;
}

/** One project, or null where there is none or it may not be seen. */
export const useProject = (id) => useResource(`project:${id ?? ""}`, async () => {
  const answer = id && await optional(get(`/projects/${id}`));
  return answer ? learnProject(answer.data) : null;
}, ["project."]);

const DONE = ["completed", "cancelled"];
const LAST_DAY = "9999-12-31";

/** The projects at work, the next end first. */
export const atWork = (projects) => projects.filter((project) => !DONE.includes(project.status))
  .sort((a, b) => (a.due_date ?? LAST_DAY).localeCompare(b.due_date ?? LAST_DAY));

async function loadConversations() {
  const conversations = (await rows("/conversations", {})) ?? [];
  for (const conversation of conversations) {
    learn(conversation.id, conversation.subject);
    learnPeople(conversation.participants);
  }
  return conversations.sort((a, b) => (b.last_message_at ?? "").localeCompare(a.last_message_at ?? ""));
}

/** Who is on the other side: for the studio the client, for a contact the people of the studio. */
export function otherSide(conversation, staff) {
  const people = (conversation.participants ?? []).filter((person) => (person.role === "client") === staff);
  const names = people.map((person) => (staff && clientOfPerson(person.id)) || person.name);
  return [...new Set(names)].join(", ") || nameOf(conversation.project_id);
}

export const pending = (approvals) => (approvals ?? []).filter((approval) => approval.status === "pending");
export const unread = (conversations) => (conversations ?? []).filter((conversation) => conversation.unread_count > 0);
export const isLate = (invoice) => due(invoice.due_date).days < 0;

/** Sums by currency, the largest first. Different currencies are never added up. */
export function sums(invoices) {
  const totals = new Map();
  for (const { amount_due: owed } of invoices) {
    if (owed) totals.set(owed.currency, (totals.get(owed.currency) ?? 0) + owed.amount);
  }
  return [...totals].map(([currency, amount]) => ({ currency, amount })).sort((a, b) => b.amount - a.amount);
}

const TODAY = 0.5; // a message counts as just behind what is due today
const SOME_DAY = 10_000;

/** What waits for a contact, late first, in due order. `of` names the list it comes from. */
export function waitingForClient(approvals, invoices, conversations) {
  const days = (thing) => due(thing.due_date).days ?? SOME_DAY;
  return [
    ...(isStaff() ? pending(approvals) : (approvals ?? []).filter(asksMe)).map((thing) => ({ of: "approval", thing, order: days(thing) })),
    ...(invoices ?? []).map((thing) => ({ of: "invoice", thing, order: days(thing) })),
    ...unread(conversations).map((thing) => ({ of: "conversation", thing, order: TODAY })),
  ].sort((a, b) => a.order - b.order);
}
