// What happened lately, newest first. The list comes from the event log; while the page is open,
// each change on the live line brings the events behind the last one that is shown.

import { html } from "../../vendor/preact-htm.js";
import { get } from "../api.js";
import { fullMoment, moment } from "../format.js";
import { learn, nameOf, useNames } from "../names.js";
import { useResource } from "../store.js";
import { eventLine, subjectOf, withoutEchoes } from "../words.js";
import { Part, Quiet } from "./states.js";

const SHOWN = 8;
const KEPT = 60;
const UNBROKEN = 26; // a name as short as an invoice number stays on one line
const STEPS = [100, 1_000, 10_000]; // how far back to look for something to show

let seen = { events: [], through: null };

export function forgetActivity() {
  seen = { events: [], through: null };
}

/** Number of the newest event there is. */
async function head() {
  const { data, meta } = await get("/events", { after: 0, limit: 1 });
  return Number(meta.head ?? data.at(-1)?.sequence ?? 0);
}

async function after(sequence) {
  const events = [];
  let place = sequence;
  for (let page = 0; page < 5; page += 1) {
    const { data, meta } = await get("/events", { after: place, limit: 100 });
    events.push(...data);
    const next = Number(meta.through ?? data.at(-1)?.sequence ?? place);
    if (next <= place) break;
    place = next;
    if (place >= Number(meta.head ?? place)) break;
  }
  return { events, through: place };
}

const news = (events) => events.filter((event) => eventLine(event));
const shown = (events) => withoutEchoes(events).slice(0, SHOWN);

async function load() {
  if (seen.through !== null) {
    const more = await after(seen.through);
    const known = new Set(seen.events.map((event) => event.id));
    const added = news(more.events).filter((event) => !known.has(event.id)).reverse();
    seen = { events: [...added, ...seen.events].slice(0, KEPT), through: more.through };
    return named(seen.events);
  }
  const end = await head();
  for (const step of STEPS) {
    const past = await after(Math.max(0, end - step));
    seen = { events: news(past.events).reverse().slice(0, KEPT), through: past.through };
    if (shown(seen.events).length >= SHOWN || step >= end) break;
  }
  return named(seen.events);
}

/** Events of approvals carry no name; those that are shown are asked for once. */
async function named(events) {
  const ids = shown(events).filter((event) => event.aggregatetype === "approval").map((event) => event.aggregateid);
  await Promise.all([...new Set(ids)].filter((id) => !nameOf(id)).map(async (id) => {
    const answer = await get(`/approvals/${id}`).catch(() => null);
    if (answer) learn(id, subjectOf(answer.data) || `“${answer.data.question}”`);
  }));
  return events;
}

export function Activity() {
  const events = useResource("activity", load, [""]);
  useNames();
  return html`
    <section aria-labelledby="lately">
      <h2 class="section head" id="lately">What happened lately</h2>
      <${Part} of=${events} what="what happened lately" rows=${2}>${(rows) => html`
        <div role="log" aria-labelledby="lately">
          ${rows.length
    ? html`<ol class="trail">${shown(rows).map((event) => html`<${Line} event=${event} key=${event.id} />`)}</ol>`
    : html`<${Quiet} title="Nothing yet">What you and the studio do appears here at once.<//>`}
        </div>`}<//>
    </section>`;
}

function Line({ event }) {
  const { before, text, after: rest, href } = eventLine(event);
  const look = text.length < UNBROKEN ? "nowrap" : undefined;
  return html`
    <li class="arrives">${before}${text && href ? html`<a class=${look} href=${href}>${text}</a>` : text}${rest}${" "}
      <time class="meta" datetime=${event.time} title=${fullMoment(event.time)}>${moment(event.time)}</time></li>`;
}
