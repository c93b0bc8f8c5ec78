// One conversation: the messages, newest below, and the composer. A message that cannot go out is
// kept and shown as not sent; it goes out by itself when the line is back.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { all, get, optional, post } from "../api.js";
import { draft, keepDraft } from "../drafts.js";
import { age, clock, listed, nearDay } from "../format.js";
import { learnPeople } from "../names.js";
import { dropLetter, flush, onOutbox, sendMessage, waitingFor } from "../outbox.js";
import { isStaff, user } from "../session.js";
import { touchKind, useResource } from "../store.js";
import { Part } from "../parts/states.js";
import { Crumb, Heading, say } from "../parts/ui.js";
import { Thing } from "./thing.js";

const SAME_SPEAKER = 5 * 60_000;

const PAGE = 100;

const loadMessages = async (id, pages) => (await all(`/conversations/${id}/messages`, {}, pages)).sort((a, b) => a.number - b.number);

export function ConversationPage({ id }) {
  const conversation = useResource(`conversation:${id}`, async () => {
    const { data } = await get(`/conversations/${id}`);
    learnPeople(data.participants);
    return data;
  }, ["conversation."]);
  return html`<${Thing} of=${conversation} title="Conversation" back="#/messages" backTo="Messages">${(data) => html`<${Page} conversation=${data} />`}<//>`;
}

function Page({ conversation }) {
  const [pages, setPages] = useState(1);
  const messages = useResource(`messages:${conversation.id}:${pages}`, () => loadMessages(conversation.id, pages), ["message."]);
  const letters = useLetters(conversation.id);
  const last = messages.data?.at(-1);
  useRead(conversation, last);
  const others = conversation.participants.filter((person) => person.id !== user().id).map((person) => person.name);
  const ours = new Set(isStaff() ? conversation.participants.filter((person) => person.role !== "client").map((person) => person.id) : []);
  return html`
    <div class="narrow stack">
      <header class="masthead tight"><${Crumb} href="#/messages">Messages<//><${Heading} title=${conversation.subject || "Conversation"} />
        ${others.length > 0 && html`<p class="meta">With ${listed(others)}</p>`}</header>
      <${Part} of=${messages} what="the messages">${(rows) => html`
        ${rows.length >= pages * PAGE && html`<p><button class="btn btn-sm" type="button" onClick=${() => setPages(pages + 1)}>Show earlier messages</button></p>`}
        <${Log} messages=${rows} letters=${letters} ours=${ours} />`}<//>
      <${Composer} conversation=${conversation} />
    </div>`;
}

function Log({ messages, letters, ours }) {
  const seen = messages.findLast((message) => message.sender_id === user().id && message.read_by.length > 0)?.id;
  const log = useEnd(messages.length + letters.length);
  return html`
    <div role="log" aria-label="Messages" class="sheet pad talk-log" tabindex="0" ref=${log}>
      ${messages.length + letters.length
    ? html`<div class="thread">${messages.map((message, index) => html`<${Message} key=${message.id} message=${message} before=${messages[index - 1]} ours=${ours} seen=${message.id === seen} />`)}
          ${letters.map((letter) => html`<${Letter} key=${letter.key} letter=${letter} />`)}</div>`
    : html`<p class="soft">No messages yet. Write the first one below.</p>`}
    </div>`;
}

function useLetters(id) {
  const [, redraw] = useState(0);
  useEffect(() => onOutbox(() => redraw((turn) => turn + 1)), []);
  return waitingFor(id);
}

/** Seen means read: the other side and the own counts learn it once per newest message. */
function useRead(conversation, last) {
  useEffect(() => {
    if (!last || !conversation.unread_count && last.sender_id === user().id) return;
    optional(post(`/conversations/${conversation.id}/reads`, { up_to: last.id })).then(() => touchKind("conversation."), () => {});
  }, [last?.id]);
}

/** Keeps the newest message in view: at the start, and when one arrives. */
function useEnd(mark) {
  const log = useRef(null);
  useLayoutEffect(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [mark]);
  return log;
}

function Message({ message, before, ours, seen }) {
  const mine = message.sender_id === user().id;
  const own = mine || ours.has(message.sender_id);
  const name = mine ? "You" : message.sender;
  const newDay = !before || nearDay(before.created_at) !== nearDay(message.created_at);
  const goesOn = before && !newDay && before.sender_id === message.sender_id && new Date(message.created_at) - new Date(before.created_at) < SAME_SPEAKER;
  return html`
    ${newDay && html`<p class="day">${capital(nearDay(message.created_at))}</p>`}
    ${!goesOn && html`<p class=${`by${own ? " me" : ""}`}><b>${name}</b> ${clock(message.created_at)}</p>`}
    <div class=${`bubble pre${own ? " me" : ""}`}>${message.deleted_at ? html`<span class="soft">This message was deleted.</span>` : message.body}${message.edited_at && html` <span class="meta">edited</span>`}
      ${message.attachments?.length > 0 && html`<span class="meta"><br />${message.attachments.length === 1 ? "with a file" : `with ${message.attachments.length} files`}</span>`}</div>
    ${seen && html`<p class="by me">Read</p>`}`;
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function Letter({ letter }) {
  const lost = letter.failed || !navigator.onLine;
  if (!lost) return html`<p class="by me"><b>You</b> now</p><div class="bubble pre me" aria-busy="true">${letter.body}</div>`;
  return html`
    <p class="by me"><b>You</b> ${age(letter.at)}</p>
    <div class="bubble pre me is-failed">${letter.body}
      <p class="meta"><b>Not sent.</b> ${letter.why || "It goes out by itself when the line is back."}</p>
      <p class="cluster"><button class="btn btn-sm" type="button" onClick=${() => flush()}>Try now</button>
        ${letter.why && html`<button class="btn btn-sm" type="button" onClick=${() => dropLetter(letter.key)}>Remove</button>`}</p>
    </div>`;
}

function Composer({ conversation }) {
  const place = `conversation:${conversation.id}`;
  const [text, setText] = useState(draft(place));
  const field = useRef(null);
  const write = (words) => {
    setText(words);
    keepDraft(place, words);
  };
  const send = async (event) => {
    event?.preventDefault();
    const body = text.trim();
    if (!body) return field.current.focus();
    write("");
    field.current.focus();
    await sendMessage(conversation.id, body);
    if (!waitingFor(conversation.id).length) say("Sent.");
    return undefined;
  };
  const keys = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
  };
  return html`
    <form class="composer" onSubmit=${send}>
      <label class="vh" for="message">Message</label>
      <textarea id="message" ref=${field} value=${text} placeholder=${isStaff() ? "Write to the client" : "Write to the studio"} onInput=${(event) => write(event.target.value)} onKeyDown=${keys}></textarea>
      <div class="foot"><button class="btn btn-primary btn-sm" type="submit">Send</button></div>
    </form>`;
}
