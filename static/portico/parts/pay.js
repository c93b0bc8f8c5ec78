// Paying an invoice. One press is one charge: the key of a try is kept until its outcome is known,
// also over a reload. An outcome that is not known is said, and asked for, never guessed.

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { get, newKey, optional, post } from "../api.js";
import { money } from "../format.js";
import { isStaff, user } from "../session.js";
import { touchKind, useResource } from "../store.js";
import { Notice } from "./states.js";

const PROVIDER = "fake"; // the practice provider; others come with their own sheets
const UNSETTLED = ["created", "requires_action", "processing", "unknown"];
const SLOWEST = 15_000;
const DECLINED = "The bank said no. Nothing was charged. Try again, or ask your bank.";
const CHECKING = "We are checking your payment. Do not pay again.";

const keyName = (invoice) => `portico.pay:${invoice.id}`;

const keptTry = (invoice) => (sessionStorage.getItem(keyName(invoice)) ?? "").split(" "); // sum, key, payment

/** The key of this try. Another sum is another try, and so is one after a settled payment. */
function tryKey(invoice) {
  const sum = String(invoice.amount_due.amount);
  const [kept, key] = keptTry(invoice);
  if (kept === sum && key) return key;
  const fresh = newKey();
  sessionStorage.setItem(keyName(invoice), `${sum} ${fresh}`);
  return fresh;
}

function endTry(invoice, payment) {
  if (keptTry(invoice)[2] === payment.id) sessionStorage.removeItem(keyName(invoice));
}

const latestOf = async (invoice) => (await optional(get("/payments", { invoice_id: invoice.id, limit: 5 })))?.data[0] ?? null;

export function PaySheet({ invoice, open }) {
  const known = useResource(`payment-of:${invoice.id}`, () => latestOf(invoice), ["payment."]);
  const [payment, setPayment] = useState(null);
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  const box = useRef(null);
  const current = payment ?? known.data;
  const unsettled = Boolean(current) && UNSETTLED.includes(current.status);

  useSettling(unsettled ? current : null, (next) => {
    setPayment(next);
    touchKind("payment.");
    touchKind("invoice.");
  });
  useEffect(() => {
    if (payment && known.data?.id === payment.id && known.data.updated_at > payment.updated_at) setPayment(known.data);
  }, [known.data]);
  useEffect(() => {
    if (current && !unsettled) endTry(invoice, current);
  }, [current?.id, unsettled]);
  useEffect(() => {
    if (failure || payment) box.current?.focus();
  }, [failure, payment?.status]);

  const pay = async () => {
    if (busy) return;
    setBusy(true);
    setFailure(null);
    const key = tryKey(invoice);
    try {
      const { data } = await post(`/invoices/${invoice.id}/payments`, { provider: PROVIDER }, { key });
      sessionStorage.setItem(keyName(invoice), `${invoice.amount_due.amount} ${key} ${data.id}`);
      setPayment(data);
      touchKind("invoice.");
    } catch (error) {
      setFailure(error);
      touchKind("payment."); // paid in another tab, perhaps
    }
    setBusy(false);
  };

  if (payment?.status === "succeeded") return html`<${Outcome} box=${box} tone="good">Paid. Thank you, ${user().first_name}. A receipt goes to ${user().email}.<//>`;
  if (unsettled) return html`<${Outcome} box=${box} tone="wait">${CHECKING}<${NextStep} payment=${current} /><//>`;
  if (!open) return html`<p class="soft">${invoice.status === "paid" ? "This invoice is paid." : "There is nothing to pay here."}</p>`;
  if (isStaff()) return html`<p class="soft">The client pays on this page. You see it here at once.</p>`;
  const declined = payment?.status === "failed" && !failure;
  return html`
    ${declined && html`<${Outcome} box=${box} tone="bad">${DECLINED}<//>`}
    ${failure && html`<${Outcome} box=${box} tone="bad">${wordsFor(failure)}${failure.requestId && html` <span class="meta">Number <span class="mono">${failure.requestId}</span></span>`}<//>`}
    <button class="btn btn-primary btn-wide" type="button" aria-busy=${busy} onClick=${pay}>${busy ? "Paying" : `Pay ${money(invoice.amount_due)}`}</button>
    <p class="meta">Charged once, even if you press twice. A receipt goes to ${user().email}.</p>`;
}

const Outcome = ({ box, tone, children }) => html`
  <div tabindex="-1" ref=${box}><${Notice} tone=${tone} role=${tone === "bad" ? "alert" : "status"}><p>${children}</p><//></div>`;

function NextStep({ payment }) {
  const url = payment.next_action?.url;
  if (payment.status !== "requires_action" || !/^https?:\/\//u.test(url ?? "")) return null;
  return html`<br /><a href=${url}>Confirm at your bank</a>`;
}

function wordsFor(error) {
  if (error.code === "OFFLINE") return "You are offline, so we do not know whether it went through. Press again when you are back: it is charged once.";
  return error.words;
}

/** Asks again, each time a little later, until the payment is settled. */
function useSettling(payment, onChange) {
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    if (!payment) return undefined;
    let timer = 0;
    let wait = 1_000;
    const ask = async () => {
      const answer = await get(`/payments/${payment.id}`).catch(() => null);
      if (answer && answer.data.status !== payment.status) return latest.current(answer.data);
      wait = Math.min(SLOWEST, wait * 1.6);
      timer = setTimeout(ask, wait);
      return undefined;
    };
    timer = setTimeout(ask, wait);
    return () => clearTimeout(timer);
  }, [payment?.id, payment?.status]);
}
