// The lists behind the navigation: projects, approvals, invoices and messages.

import { html } from "../../vendor/preact-htm.js";
import { all, optional } from "../api.js";
import { age, count, due, money, shortDay } from "../format.js";
import { nameOf, useNames } from "../names.js";
import { atWork, isLate, otherSide, useConversations } from "../resources.js";
import { isStaff } from "../session.js";
import { useResource } from "../store.js";
import { approvalState, approvalTitle, invoiceName, invoiceState, OPEN_INVOICES } from "../words.js";
import { ProjectCard } from "../parts/projects.js";
import { Empty, Part, Quiet } from "../parts/states.js";
import { Badge, Due, Heading, Row } from "../parts/ui.js";
import { Absent } from "./thing.js";

const useList = (key, path, watch) => useResource(key, async () => (await optional(all(path))) ?? [], watch);

const List = ({ title, of, what, children }) => html`
  <section class="stack"><${Heading} title=${title} /><${Part} of=${of} what=${what}>${children}<//></section>`;

/** At work by their end, then what is done. */
const inOrder = (rows) => [...atWork(rows), ...rows.filter((project) => !atWork([project]).length)];

export function Projects() {
  useNames();
  const projects = useList("projects:all", "/projects", ["project."]);
  return html`
    <${List} title="Projects" of=${projects} what="the projects">${(rows) => (rows.length
    ? html`<div class="cols">${inOrder(rows).map((project) => html`<${ProjectCard} project=${project} level="h2" key=${project.id} />`)}</div>`
    : html`<${Empty} title="No projects yet">Here you find the work itself: where it stands, what comes next and when it ends.<//>`)}<//>`;
}

export function Approvals() {
  useNames();
  const approvals = useList("approvals:all", "/approvals", ["approval.", "proof."]);
  return html`
    <${List} title="Approvals" of=${approvals} what="the approvals">${(rows) => (rows.length
    ? html`<ul class="rows sheet">${rows.map((approval) => html`
        <${Row} key=${approval.id} icon="approval" tone=${approval.status === "pending" ? "wait" : ""} what=${approvalTitle(approval)}
          why=${[isStaff() && nameOf(approval.client_id), approval.question].filter(Boolean).join(" · ")} href=${`#/approvals/${approval.id}`}>
          ${approval.status === "pending" && html`<${Due} day=${approval.due_date} />`}<${Badge} state=${approvalState(approval)} /><//>`)}</ul>`
    : html`<${Empty} title="No approvals yet">When something needs a yes, the question, the file and the answer stand here and stay.<//>`)}<//>`;
}

export function Invoices({ query }) {
  useNames();
  const invoices = useList("invoices:all", "/invoices", ["invoice.", "payment.", "refund."]);
  const late = query.get("status") === "overdue";
  return html`
    <${List} title=${isStaff() ? "Money" : "Invoices"} of=${invoices} what="the invoices">${(rows) => html`
      ${late && html`<p class="cluster"><span class="badge badge-bad">Only overdue</span><a href="#/invoices">Show all</a></p>`}
      <${InvoiceRows} rows=${late ? rows.filter((invoice) => OPEN_INVOICES.includes(invoice.status) && isLate(invoice)) : rows} filtered=${late} total=${rows.length} />`}<//>`;
}

function InvoiceRows({ rows, filtered, total }) {
  if (!rows.length && filtered) return html`<${Quiet} title="No invoice is overdue">There are ${count(total, "invoice")} in all.<//>`;
  if (!rows.length) return html`<${Empty} title="No invoices yet">Invoices stand here from the day they are sent, with what is paid and what is open.<//>`;
  return html`
    <ul class="rows sheet">${rows.map((invoice) => html`
      <${Row} key=${invoice.id} icon="invoice" what=${invoiceName(invoice)} why=${invoiceWords(invoice)} href=${`#/invoices/${invoice.id}`}>
        <span class="num-l">${money(OPEN_INVOICES.includes(invoice.status) ? invoice.amount_due : invoice.total)}</span><${Badge} state=${invoiceState(invoice)} /><//>`)}</ul>`;
}

function invoiceWords(invoice) {
  const open = OPEN_INVOICES.includes(invoice.status) && due(invoice.due_date).words;
  return [isStaff() && nameOf(invoice.client_id), open || (invoice.issue_date && `Issued ${shortDay(invoice.issue_date)}`)].filter(Boolean).join(" · ");
}

export function Messages() {
  useNames();
  const conversations = useConversations();
  return html`
    <${List} title="Messages" of=${conversations} what="the conversations">${(rows) => (rows.length
    ? html`<ul class="rows sheet">${rows.map((conversation) => html`
        <${Row} key=${conversation.id} icon="message" tone=${conversation.unread_count ? "wait" : ""} what=${conversation.subject || "Conversation"}
          why=${[otherSide(conversation, isStaff()), conversation.last_message_at && age(conversation.last_message_at)].filter(Boolean).join(" · ")} href=${`#/conversations/${conversation.id}`}>
          ${conversation.unread_count > 0 && html`<${Badge} state=${[`${conversation.unread_count} new`, "wait"]} />`}<//>`)}</ul>`
    : html`<${Empty} title="No messages yet">What you and the studio write to each other stands here, by subject.<//>`)}<//>`;
}

export const NotFound = () => html`<${Absent} />`;
