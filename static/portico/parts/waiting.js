// The rows of things that wait for a contact: one line why, when it is due, one verb. Only the first
// has the filled button.

import { html } from "../../vendor/preact-htm.js";
import { age, inWords, money } from "../format.js";
import { otherSide } from "../resources.js";
import { approvalTitle, invoiceName, subjectOf } from "../words.js";
import { Due, Row } from "./ui.js";

export const WaitingRows = ({ rows, projects, level = "h2" }) => html`
  <ul class="rows sheet">
    ${rows.map((row, index) => html`<${KINDS[row.of]} key=${row.thing.id} thing=${row.thing} primary=${index === 0} projects=${projects} level=${level} />`)}
  </ul>`;

const projectName = (projects, id) => projects.find((project) => project.id === id)?.name;

const joined = (...parts) => parts.filter(Boolean).join(" · ");

const KINDS = {
  approval: ({ thing, primary, projects, level }) => html`
    <${Row} level=${level} icon="approval" tone="wait" what=${subjectOf(thing) ? `Approve ${approvalTitle(thing)}` : thing.question}
      why=${joined(projectName(projects, thing.project_id), subjectOf(thing) && thing.question)}
      href=${`#/approvals/${thing.id}`} verb="Review" primary=${primary}><${Due} day=${thing.due_date} /><//>`,
  invoice: ({ thing, primary, projects, level }) => html`
    <${Row} level=${level} icon="invoice" what=${`Pay invoice ${invoiceName(thing)}`}
      why=${joined(money(thing.amount_due), thing.status === "partially_paid" && `rest of ${money(thing.total)}`, projectName(projects, thing.project_id))}
      href=${`#/invoices/${thing.id}`} verb="Pay" primary=${primary}><${Due} day=${thing.due_date} /><//>`,
  conversation: ({ thing, primary, level }) => html`
    <${Row} level=${level} icon="message" what=${thing.subject || "A message for you"} why=${messageWords(thing)}
      href=${`#/conversations/${thing.id}`} verb="Reply" primary=${primary}>
      ${thing.last_message_at && html`<span class="due">${age(thing.last_message_at)}</span>`}<//>`,
};

function messageWords(conversation) {
  const news = conversation.unread_count === 1 ? "A new message" : `${inWords(conversation.unread_count)} new messages`;
  const from = otherSide(conversation, false);
  return from ? `${news} from ${from}` : news;
}
