// The studio's first page: figures that lead to their lists, what waits for whom, projects, activity.

import { html } from "../../vendor/preact-htm.js";
import { age, count, due, greeting, money, waited, weekdayToday } from "../format.js";
import { nameOf, useNames } from "../names.js";
import { atWork, isLate, otherSide, pending, sums, unread, useApprovals, useConversations, useInvoices, useProjects } from "../resources.js";
import { user } from "../session.js";
import { approvalTitle, invoiceName } from "../words.js";
import { Activity } from "../parts/activity.js";
import { ProjectCard } from "../parts/projects.js";
import { LoadError, Part, Quiet, Skeleton } from "../parts/states.js";
import { Badge, Heading, Row } from "../parts/ui.js";

const MOST = 5;
const LONG_WAIT_DAYS = 7;
const SHOWN_PROJECTS = 6;

export function Today() {
  useNames();
  const lists = { approvals: useApprovals(), invoices: useInvoices(), conversations: useConversations() };
  const all = Object.values(lists);
  const failed = all.find((list) => list.error && list.data === undefined);
  const ready = all.every((list) => list.data !== undefined);
  const data = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.data]));
  return html`
    <div class="stack-md">
      <header class="masthead tight"><p class="soft">${weekdayToday()}</p><${Heading} title=${greeting(user().first_name)} name="Today" /></header>
      ${failed && html`<${LoadError} error=${failed.error} what="today’s figures" onRetry=${failed.reload} />`}
      ${!failed && !ready && html`<${Skeleton} rows=${4} />`}
      ${ready && html`<${Figures} ...${data} /><${Waiting} ...${data} />`}
      <div class="grid-2"><${Projects} /><${Activity} /></div>
    </div>`;
}

function Figures({ approvals, invoices, conversations }) {
  const late = (invoices ?? []).filter(isLate);
  const open = pending(approvals);
  const messages = unread(conversations);
  const oldest = open.map((approval) => approval.created_at).filter(Boolean).sort()[0];
  return html`
    <section aria-label="Figures"><div class="figures">
      ${invoices && html`<${Sum} label="Owed to us" of=${invoices} href="#/invoices"><span class="meta">${count(invoices.length, "invoice")}</span><//>`}
      ${invoices && html`<${Sum} label="Of it overdue" of=${late} href="#/invoices?status=overdue">
        ${late.length ? html`<span><${Badge} state=${[count(late.length, "invoice"), "bad"]} /></span>` : html`<span class="meta">none is late</span>`}<//>`}
      ${approvals && html`<a class="figure" href="#/approvals"><span class="meta">Approvals waiting</span><span class="sum">${open.length}</span>
        <span class="meta">${oldest ? `oldest ${waited(oldest)}` : "none is open"}</span></a>`}
      <a class="figure" href="#/messages"><span class="meta">Unread messages</span>
        <span class="sum">${messages.reduce((sum, conversation) => sum + conversation.unread_count, 0)}</span>
        <span class="meta">${messages.length ? `in ${count(messages.length, "conversation")}` : "all read"}</span></a>
    </div></section>`;
}

function Sum({ label, of, href, children }) {
  const [first, ...others] = sums(of);
  return html`
    <a class="figure" href=${href}><span class="meta">${label}</span><span class="sum">${first ? money(first) : "0"}</span>
      ${children}${others.map((sum) => html`<span class="meta" key=${sum.currency}>and ${money(sum)}</span>`)}</a>`;
}

function Waiting({ approvals, invoices, conversations }) {
  const changes = (approvals ?? []).filter((approval) => approval.status === "changes_requested");
  const forUs = [
    ...unread(conversations).map((thing) => html`<${Message} thing=${thing} key=${thing.id} />`),
    ...changes.map((thing) => html`<${Change} thing=${thing} key=${thing.id} />`),
  ];
  const oldestFirst = (a, b) => (a.created_at ?? "").localeCompare(b.created_at ?? "");
  const forClients = [
    ...pending(approvals).sort(oldestFirst).map((thing) => html`<${Question} thing=${thing} key=${thing.id} />`),
    ...(invoices ?? []).filter(isLate).sort((a, b) => a.due_date.localeCompare(b.due_date)).map((thing) => html`<${Late} thing=${thing} key=${thing.id} />`),
  ];
  return html`
    <div class="pair">
      <${Side} id="us" title="Waiting for us" rows=${forUs} href="#/messages" none="Nothing waits for the studio." />
      <${Side} id="clients" title="Waiting for clients" rows=${forClients} href="#/approvals" none="No client owes you an answer or a late payment." />
    </div>`;
}

const Side = ({ id, title, rows, href, none }) => html`
  <section aria-labelledby=${id}>
    <div class="between head"><h2 class="section" id=${id}>${title}</h2>${rows.length > MOST && html`<a class="meta" href=${href}>All ${rows.length}</a>`}</div>
    ${rows.length ? html`<ul class="rows rows-tight rows-sm sheet">${rows.slice(0, MOST)}</ul>` : html`<${Quiet} title=${none} />`}
  </section>`;

const clientOf = (thing) => nameOf(thing.client_id);

const Message = ({ thing }) => html`
  <${Row} level="h3" face=${otherSide(thing, true) || thing.subject} what=${`Answer: ${thing.subject || "a message"}`}
    why=${[otherSide(thing, true), count(thing.unread_count, "new message")].filter(Boolean).join(" · ")} href=${`#/conversations/${thing.id}`}>
    ${thing.last_message_at && html`<span class="due">${age(thing.last_message_at)}</span>`}<//>`;

const Change = ({ thing }) => html`
  <${Row} level="h3" face=${clientOf(thing) || approvalTitle(thing)} what=${`Change ${approvalTitle(thing)}`} why=${clientOf(thing) || "Changes were asked"} href=${`#/approvals/${thing.id}`}>
    <span class="due">${age(thing.updated_at ?? thing.created_at)}</span><//>`;

function Question({ thing }) {
  const days = (Date.now() - new Date(thing.created_at)) / 86_400_000;
  return html`
    <${Row} level="h3" face=${clientOf(thing) || approvalTitle(thing)} what=${approvalTitle(thing)} why=${clientOf(thing) || thing.question} href=${`#/approvals/${thing.id}`}>
      ${thing.created_at && html`<${Badge} state=${[waited(thing.created_at), days > LONG_WAIT_DAYS ? "bad" : "wait"]} />`}<//>`;
}

const Late = ({ thing }) => html`
  <${Row} level="h3" face=${clientOf(thing) || invoiceName(thing)} what=${`Invoice ${invoiceName(thing)}`} why=${[clientOf(thing), money(thing.amount_due)].filter(Boolean).join(" · ")} href=${`#/invoices/${thing.id}`}>
    <${Badge} state=${[due(thing.due_date).words, "bad"]} /><//>`;

function Projects() {
  const projects = useProjects();
  return html`
    <section aria-labelledby="projects">
      <div class="between head"><h2 class="section" id="projects">Projects</h2><a class="meta" href="#/projects">All projects</a></div>
      <${Part} of=${projects} what="the projects" rows=${2}>${(rows) => (rows.length
    ? html`<div class="cols">${atWork(rows).slice(0, SHOWN_PROJECTS).map((project) => html`<${ProjectCard} project=${project} key=${project.id} />`)}</div>`
    : html`<${Quiet} title="No projects yet">The first one you open appears here.<//>`)}<//>
    </section>`;
}
