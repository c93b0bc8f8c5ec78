// One invoice as a page: the sum and the pay sheet first on a phone, beside the lines on a desk.

import { html } from "../../vendor/preact-htm.js";
import { get } from "../api.js";
import { dayOf, due, longDay, money, shortDay } from "../format.js";
import { nameOf, useNames } from "../names.js";
import { useProject } from "../resources.js";
import { isStaff } from "../session.js";
import { useResource } from "../store.js";
import { invoiceName, invoiceState, OPEN_INVOICES } from "../words.js";
import { Badge, Crumb, Heading } from "../parts/ui.js";
import { PaySheet } from "../parts/pay.js";
import { Thing } from "./thing.js";

export function InvoicePage({ id }) {
  const invoice = useResource(`invoice:${id}`, async () => (await get(`/invoices/${id}`)).data, ["invoice.", "payment.", "refund."]);
  useNames();
  return html`<${Thing} of=${invoice} title="Invoice" back="#/invoices" backTo=${isStaff() ? "Money" : "Invoices"}>${(data) => html`<${Page} invoice=${data} />`}<//>`;
}

function Page({ invoice }) {
  const open = OPEN_INVOICES.includes(invoice.status);
  const late = due(invoice.due_date).days < 0;
  const when = invoice.due_date ? `, ${late ? "was due" : "due"} ${longDay(invoice.due_date)}` : "";
  return html`
    <p class="head"><${Crumb} href="#/invoices">${isStaff() ? "Money" : "Invoices"}<//></p>
    <div class="split split-wide">
      <section class="act-first" aria-label=${isStaff() ? "State" : "Pay"}>
        <div class="sheet pad stack">
          <div><p class="meta">${open ? `Still to pay${when}` : "Total"}</p><p class="sum">${money(open ? invoice.amount_due : invoice.total)}</p></div>
          <${PaySheet} invoice=${invoice} open=${open} />
        </div>
      </section>
      <article class="sheet pad stack body" aria-labelledby="number">
        <div class="between"><div><p class="meta">Invoice</p><${Heading} class="title num" id="number" title=${invoiceName(invoice)} name=${`Invoice ${invoiceName(invoice)}`} /></div><${Badge} state=${invoiceState(invoice)} /></div>
        <${Parties} invoice=${invoice} />
        <${Lines} invoice=${invoice} />
        <${Totals} invoice=${invoice} open=${open} />
        ${invoice.notes && html`<p class="soft prose">${invoice.notes}</p>`}
        ${invoice.terms && html`<p class="meta prose">${invoice.terms}</p>`}
      </article>
    </div>`;
}

function Parties({ invoice }) {
  const { data: project } = useProject(invoice.project_id);
  const client = nameOf(invoice.client_id);
  return html`
    <div class="cols-sm">
      <div><p class="meta">From</p><p class="label">${document.documentElement.dataset.studio}</p></div>
      ${client && html`<div><p class="meta">To</p><p class="label">${client}</p></div>`}
      <dl class="facts-list">
        ${invoice.issue_date && html`<dt>Issued</dt><dd>${shortDay(invoice.issue_date)}</dd>`}
        ${invoice.due_date && html`<dt>Due</dt><dd>${shortDay(invoice.due_date)}</dd>`}
        ${invoice.paid_at && html`<dt>Paid</dt><dd>${shortDay(dayOf(invoice.paid_at))}</dd>`}
        ${project && html`<dt>Project</dt><dd><a href=${`#/projects/${project.id}`}>${project.name}</a></dd>`}
      </dl>
    </div>`;
}

const Lines = ({ invoice }) => html`
  <table class="table fold"><caption class="vh">Lines, amounts in ${invoice.currency}</caption>
    <thead><tr><th scope="col">What</th><th scope="col" class="num">Number</th><th scope="col" class="num">Each</th><th scope="col" class="num">Amount, ${invoice.currency}</th></tr></thead>
    <tbody>${(invoice.lines ?? []).map((line, index) => html`
      <tr key=${line.id ?? index}>
        <td><b class="label">${line.description}</b>${Number(line.tax_rate) > 0 && html`<br /><span class="meta">plus ${Number(line.tax_rate)} % tax</span>`}</td>
        <td class="num hide">${Number(line.quantity)}</td>
        <td class="num hide">${money(line.unit_price, { symbol: false })}</td>
        <td class="num">${money(line.net, { symbol: false })}</td>
      </tr>`)}
    </tbody>
  </table>`;

function Totals({ invoice, open }) {
  const paid = invoice.amount_paid?.amount ? { ...invoice.amount_paid, amount: -invoice.amount_paid.amount } : null;
  const rows = [["Subtotal", invoice.subtotal], ["Tax", invoice.tax_total], ["Total", invoice.total], ["Paid", paid]];
  return html`
    <dl class="totals">
      ${rows.filter(([, value]) => value).map(([term, value]) => html`<dt key=${term}>${term}</dt><dd>${money(value, { symbol: false })}</dd>`)}
      ${open && html`<dt class="grand">Still to pay</dt><dd class="grand">${money(invoice.amount_due)}</dd>`}
    </dl>`;
}
