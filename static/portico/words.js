// The words of states, and one plain sentence for each kind of event.

import { due, money } from "./format.js";
import { isStaff, user } from "./session.js";
import { nameOf } from "./names.js";

const PROJECT = {
  planning: ["Planning", ""], in_progress: ["In progress", "info"], review: ["In review", "wait"],
  completed: ["Completed", "good"], on_hold: ["On hold", "off"], cancelled: ["Cancelled", "off"],
};
const INVOICE = {
  draft: ["Draft", ""], sent: ["Sent", ""], viewed: ["Opened", ""], partially_paid: ["Part paid", "wait"],
  paid: ["Paid", "good"], overdue: ["Overdue", "bad"], cancelled: ["Void", "off"], refunded: ["Refunded", "off"],
};
const APPROVAL = {
  pending: ["Waits for an answer", "wait"], approved: ["Approved", "good"], changes_requested: ["Changes asked", "wait"],
  rejected: ["Rejected", "bad"], superseded: ["Superseded", "off"], withdrawn: ["Withdrawn", "off"], expired: ["Ended", "off"],
};
const TO_PAY = ["sent", "viewed"];
export const OPEN_INVOICES = ["sent", "viewed", "overdue", "partially_paid"];

const other = (status) => [String(status ?? "").replaceAll("_", " "), ""];

export const projectState = (project) => PROJECT[project.status] ?? other(project.status);

export function invoiceState(invoice) {
  const late = OPEN_INVOICES.includes(invoice.status) ? due(invoice.due_date) : { days: 0 };
  if (late.days < 0) return [`Overdue, ${late.words.replace(" late", "")}`, "bad"];
  if (!isStaff() && TO_PAY.includes(invoice.status)) return ["To pay", "wait"];
  return INVOICE[invoice.status] ?? other(invoice.status);
}

export function approvalState(approval) {
  if (asksMe(approval)) return ["Waits for you", "wait"];
  return APPROVAL[approval.status] ?? other(approval.status);
}

/** Whether this person is asked now; where there is an order, once those before have answered. */
export function asksMe({ status, approvers, decisions, in_order: inOrder }) {
  const answered = (id) => decisions.some((decision) => decision.user_id === id);
  const place = approvers.indexOf(user()?.id);
  if (status !== "pending" || place < 0 || answered(user().id)) return false;
  return !inOrder || approvers.slice(0, place).every(answered);
}

/** What an approval is about: the name of the thing; empty where only the question is known. */
export const subjectOf = (approval) => approval.file_name ?? "";

export const versionWords = (approval) => (approval.version ? `version ${approval.version}` : "");

export function approvalTitle(approval) {
  const subject = subjectOf(approval);
  return subject ? [subject, versionWords(approval)].filter(Boolean).join(", ") : approval.question;
}

export const invoiceName = (invoice) => invoice.number || "Draft invoice";

const DECISIONS = { approved: "approved", changes_requested: "asked for changes to", rejected: "rejected" };
const PLACES = {
  project: "projects", approval: "approvals", invoice: "invoices", conversation: "conversations", message: "conversations", payment: "invoices", file: "projects",
};

const version = (data) => (data.version ? `version ${data.version} of ` : "");

/** The name of a phase where it is known, else its key in words. */
const phaseCalled = (project, key) => nameOf(`${project}:${key}`) || key.replaceAll("_", " ");

// Each takes the body of the event and words: who acted (as studio side, as client side, or either)
// and `named`, the name of the thing as the lists know it. It returns [before, thing, after].
const SENTENCES = {
  "project.created": (data, { studio }) => [`${studio} opened the project `, data.name],
  "project.status_changed": (data) => ["", data.name, ` is now ${projectState({ status: data.to })[0].toLowerCase()}`],
  "project.phase_advanced": (data) => ["", data.name, data.to ? ` moved on to ${phaseCalled(data.id, data.to)}` : " has all phases done"],
  "project.phase_action_completed": (data, { client, named }) => [`${client} finished a step of `, named || "a project"],
  "approval.requested": (data, { studio, named }) => [`${studio} asks for an answer: `, named || data.question],
  "approval.decided": (data, { client, named }) => [`${client} ${DECISIONS[data.decision] ?? "answered"} ${version(data)}`, named || "an approval"],
  "approval.superseded": (data, { named }) => [`Version ${data.new_version} replaced version ${data.version} of `, named || "an approval"],
  "approval.withdrawn": (data, { studio, named }) => [`${studio} took back the question about `, named || "an approval"],
  "invoice.created": (data, { studio }) => [`${studio} wrote `, "a draft invoice", data.total ? ` for ${money(data.total)}` : ""],
  "invoice.sent": (data, { studio }) => [`${studio} sent `, `invoice ${data.number}`, ` for ${money(data.total)}`],
  "invoice.viewed": (data, { client }) => [`${client} opened `, `invoice ${data.number}`],
  "invoice.paid": (data) => ["", `Invoice ${data.number}`, " is paid"],
  "invoice.overdue": (data) => ["", `Invoice ${data.number}`, " is overdue"],
  "invoice.cancelled": (data, { studio }) => [`${studio} cancelled `, data.number ? `invoice ${data.number}` : "a draft invoice"],
  "payment.succeeded": (data) => [`${isStaff() ? "A" : "Your"} payment of ${money(data.amount)} for `, `invoice ${data.invoice_number}`, isStaff() ? " arrived" : " arrived. Thank you."],
  "payment.failed": (data) => [`A payment of ${money(data.amount)} was declined. `, "Nothing was charged", "."],
  "payment.unknown": (data) => [`A payment of ${money(data.amount)} is `, "being checked"],
  "message.sent": (data, { any, named }) => (named ? [`${any} wrote in `, named] : [`${any} wrote `, "a message"]),
  "conversation.created": (data, { any }) => [`${any} began `, data.title || "a conversation"],
  "file.uploaded": (data, { any }) => [`${any} added `, data.name],
  "file.version_added": (data, { any }) => [`${any} added ${version(data)}`, data.name],
  "client.created": (data, { studio }) => [`${studio} added the client ${data.name}`],
  "contact.created": (data, { studio }) => (isStaff() ? [`${studio} added ${data.name} as a contact`] : null),
  "user.invited": (data, { studio }) => [`${studio} invited ${data.email || "a person"}`],
};

/** [before, thing, after] and the place it leads to; null for events that are not news. */
export function eventLine(event) {
  const sentence = SENTENCES[event.type];
  if (!sentence) return null;
  if (!event.data) return null; // erased
  const { data } = event;
  const own = event.actorid && event.actorid === user()?.id;
  const name = own ? "You" : nameOf(event.actorid) || data.person || data.sender || "";
  const line = sentence(data, {
    studio: name || "The studio",
    client: name || (isStaff() ? "The client" : "A colleague"),
    any: name || (isStaff() ? "Somebody" : "The studio"),
    named: nameOf(data.conversation_id ?? event.aggregateid),
  });
  if (!line) return null;
  const [before, text = "", after = ""] = line;
  return { before, text, after, href: placeOf(event) };
}

const ECHOES = { "invoice.paid": "payment.succeeded", "invoice.created": "invoice.sent" };
const LATEST = ["message.sent", "project.phase_advanced"]; // of a run of these only the newest is news

const about = ({ data, aggregateid }) => data?.conversation_id ?? data?.invoice_id ?? aggregateid;

/** Newest first. What says the same as a fuller event, or was followed by its like, is left out. */
export function withoutEchoes(events) {
  const told = new Set(events.map((event) => `${event.type}:${about(event)}`));
  const newest = new Set();
  return events.filter((event) => {
    if (told.has(`${ECHOES[event.type]}:${about(event)}`)) return false;
    if (!LATEST.includes(event.type)) return true;
    const run = `${event.type}:${about(event)}:${event.actorid}`;
    if (newest.has(run)) return false;
    newest.add(run);
    return true;
  });
}

function placeOf({ aggregatetype: kind, aggregateid: id, data }) {
  const place = PLACES[kind];
  if (!place) return "";
  const target = { message: data.conversation_id, payment: data.invoice_id, file: data.project_id ?? "" }[kind] ?? id;
  return target ? `#/${place}/${target}` : "";
}
