// One approval: the exact question, the evidence, and the answer of a contact. Nothing is chosen
// beforehand and the button repeats the choice. A newer version closes the form.

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { get, newKey, post } from "../api.js";
import { draft, keepDraft } from "../drafts.js";
import { count, due, fingerprint, fullMoment, listed, moment } from "../format.js";
import { fullName, nameOf, useNames } from "../names.js";
import { useProject } from "../resources.js";
import { isStaff, user } from "../session.js";
import { touchKind, useResource } from "../store.js";
import { approvalState, asksMe, subjectOf, versionWords } from "../words.js";
import { Download } from "../parts/download.js";
import { Notice } from "../parts/states.js";
import { Badge, Crumb, Heading, say } from "../parts/ui.js";
import { Thing } from "./thing.js";

const CHOICES = [
  { value: "approved", label: "Approve", hint: "The studio goes on with this.", button: "Approve", busy: "Approving", said: "You approved this." },
  { value: "changes_requested", label: "Ask for changes", hint: "Say what; the studio makes a new version.", button: "Ask for changes", busy: "Sending", said: "You asked for changes. The studio has your words." },
  { value: "rejected", label: "Reject", hint: "Say why, so that the studio understands.", button: "Reject", busy: "Sending", said: "You rejected this. The studio has your answer." },
];
/** "one answer, of you", "answers of you and Bob Birch", "2 answers, of Ada, Bob and Cy". */
function needs({ rule, quorum, approvers }) {
  const names = approvers.map((id) => (id === user().id ? "you" : nameOf(id) || "a colleague"));
  const people = listed([...new Set(names)], rule === "all" ? "conjunction" : "disjunction");
  if (rule === "quorum") return `${count(quorum, "answer")}, of ${people}`;
  return rule === "all" && approvers.length > 1 ? `answers of ${people}` : `one answer, of ${people}`;
}

export function ApprovalPage({ id }) {
  const approval = useResource(`approval:${id}`, async () => (await get(`/approvals/${id}`)).data, ["approval.", "proof."]);
  useNames();
  return html`<${Thing} of=${approval} title="Approval" back="#/" backTo=${isStaff() ? "Today" : "Home"}>${(data) => html`<${Page} approval=${data} />`}<//>`;
}

function Page({ approval }) {
  const title = subjectOf(approval) || "Approval";
  const { data: project } = useProject(approval.project_id);
  const deadline = approval.status === "pending" && due(approval.due_date).words;
  const [words, tone] = approvalState(approval);
  return html`
    <header class="masthead">
      <${Crumb} href=${project ? `#/projects/${project.id}` : "#/"}>${project?.name ?? (isStaff() ? "Today" : "Home")}<//>
      <div class="between"><${Heading} title=${title} /><${Badge} state=${[deadline ? `${words}, ${deadline[0].toLowerCase()}${deadline.slice(1)}` : words, tone]} /></div>
    </header>
    <div class="split split-wide">
      <section class="sheet pad stack" aria-label="Question">
        <div><p class="meta">${nameOf(approval.created_by_id) || "The studio"} asks</p><p class="question" id="question">${approval.question}</p></div>
        <${Evidence} approval=${approval} />
        ${approval.terms && html`<div><h2 class="label">Terms ${isStaff() ? "of this approval" : "you agree to"}</h2><p class="soft prose pre">${approval.terms}</p></div>`}
        <${Decisions} decisions=${approval.decisions} />
      </section>
      <section class="sheet pad stack stick" aria-label="Answer"><${Answer} approval=${approval} /></section>
    </div>`;
}

function Evidence({ approval }) {
  const facts = [
    ["File", [approval.file_name || subjectOf(approval), versionWords(approval)].filter(Boolean).join(", ")],
    ["SHA-256", approval.sha256 && html`<span class="mono" title=${approval.sha256}>${fingerprint(approval.sha256)}</span>`],
    ["Asked", approval.created_at && fullMoment(approval.created_at)],
    ["Needs", needs(approval)],
  ].filter(([, value]) => value);
  return html`
    <div class="evidence"><dl>${facts.map(([term, value]) => html`<dt key=${term}>${term}</dt><dd>${value}</dd>`)}</dl></div>
    <${Download} path=${`/files/${approval.file_id}/versions/${approval.version}/content`} name=${approval.file_name} label=${`Download ${approval.file_name}`} />`;
}

/** The form while an answer is awaited; afterwards what was decided, or what came in between. */
function Answer({ approval }) {
  const [opened, setOpened] = useState(approval.version);
  const asked = asksMe(approval);
  const mine = approval.decisions.find((decision) => decision.user_id === user().id);
  if (approval.status === "superseded" || (opened && approval.version > opened)) {
    return html`<${Superseded} approval=${approval} opened=${opened} onOpen=${() => setOpened(approval.version)} />`;
  }
  return html`
    ${asked && html`<${Form} approval=${approval} />`}
    ${approval.status === "pending" && !asked && !mine && !isStaff() && html`<p class="meta">A colleague of yours is asked${approval.approvers.includes(user().id) ? " before you" : ""}. You see the answer here at once.</p>`}
    ${approval.status === "pending" && mine && html`<${Notice} tone="good"><p>You have answered. Others are still asked.</p><//>`}
    ${approval.status === "pending" && isStaff() && html`<p class="meta">A contact of the client answers. You see it here at once.</p>`}
    ${approval.status !== "pending" && html`<${Ended} approval=${approval} mine=${mine} />`}`;
}

const ENDS = {
  approved: ["good", "This is approved. The studio goes on with it."],
  changes_requested: ["wait", "Changes were asked. A new version comes from the studio."],
  rejected: ["bad", "This was rejected."],
  withdrawn: ["info", "The studio took this question back."],
  expired: ["info", "The time to answer is over. Write to the studio if you still want to."],
};

function Ended({ approval, mine }) {
  const [tone, words] = ENDS[approval.status] ?? ["info", `${approvalState(approval)[0]}.`];
  return html`<${Notice} tone=${tone}><p>${words}</p>${mine && html`<p class="meta">You answered ${moment(mine.decided_at)}.</p>`}<//>`;
}

/** A newer version is another approval, or this one moved on while the page was open. */
function Superseded({ approval, opened, onOpen }) {
  const newer = approval.version > opened ? `Version ${approval.version}` : "A newer version";
  return html`
    <${Notice} tone="info" role="status"><p>${newer} is here. Your answer to version ${opened} is no longer needed.</p><//>
    ${approval.version > opened
    ? html`<button class="btn btn-primary btn-wide" type="button" onClick=${onOpen}>Look at version ${approval.version}</button>`
    : html`<a class="btn btn-primary btn-wide" href="#/">See what waits for you</a>`}`;
}

const DECIDED = { approved: "approved", changes_requested: "asked for changes to", rejected: "rejected" };

const Decisions = ({ decisions }) => decisions.length > 0 && html`
  <ol class="trail">${decisions.map((decision) => {
    const who = decision.user_id === user().id ? "You" : decision.person;
    return html`<li key=${decision.id}>${who} ${DECIDED[decision.decision]} version ${decision.version} <span class="meta">${moment(decision.decided_at)}</span>
      ${decision.comment && html`<p class="soft">“${decision.comment}”</p>`}</li>`;
  })}</ol>`;

function Form({ approval }) {
  const place = `approval:${approval.id}`;
  const key = useRef(newKey());
  const fault = useRef(null);
  const [choice, setChoice] = useState("");
  const [comment, setComment] = useState(draft(place));
  const [state, setState] = useState({ busy: false, error: null, missing: "" });
  const chosen = CHOICES.find((one) => one.value === choice);
  const label = chosen ? [chosen.button, choice === "approved" && versionWords(approval)].filter(Boolean).join(" ") : "Choose an answer";

  useEffect(() => {
    if (state.error || state.missing) fault.current?.focus();
  }, [state]);

  const change = (update) => {
    key.current = newKey(); // another answer is another request
    setState({ busy: false, error: null, missing: "" });
    update();
  };
  const write = (text) => change(() => { setComment(text); keepDraft(place, text); });

  const submit = async (event) => {
    event.preventDefault();
    if (state.busy) return;
    if (!chosen) return setState({ busy: false, missing: "choice" });
    if (choice === "changes_requested" && !comment.trim()) return setState({ busy: false, missing: "comment" });
    setState({ busy: true });
    try {
      await post(`/approvals/${approval.id}/decisions`, { decision: choice, comment: comment.trim(), version: approval.version }, { key: key.current });
      keepDraft(place, "");
      say(chosen.said);
      touchKind("approval.decided");
    } catch (error) {
      setState({ busy: false, error });
      if (error.status === 409) touchKind("approval.superseded");
    }
    return undefined;
  };

  return html`
    <form class="stack" onSubmit=${submit} novalidate aria-labelledby="question">
      <fieldset aria-describedby=${state.missing === "choice" ? "answer-fault" : undefined}><legend class="label head">Your answer</legend>
        <div class="options">${CHOICES.map((one) => html`
          <label class="option" key=${one.value}><input type="radio" name="decision" value=${one.value} checked=${choice === one.value} onChange=${() => change(() => setChoice(one.value))} />
            <span><b>${one.value === "approved" ? [one.label, versionWords(approval)].filter(Boolean).join(" ") : one.label}</b><span class="meta">${one.hint}</span></span></label>`)}
        </div>
      </fieldset>
      <div class=${`field${state.missing === "comment" ? " is-bad" : ""}`}>
        <label class="label" for="comment">Comment${choice === "changes_requested" ? "" : ", if you like"}</label>
        <textarea class="input area" id="comment" value=${comment} onInput=${(event) => write(event.target.value)} aria-invalid=${state.missing === "comment" ? "true" : undefined} aria-describedby=${state.missing === "comment" ? "answer-fault" : undefined}></textarea>
      </div>
      <p class="meta">You answer as ${fullName(user())}. Kept with the time, your sign-in and the file’s fingerprint.</p>
      ${(state.error || state.missing) && html`
        <div class="notice notice-bad" id="answer-fault" role="alert" tabindex="-1" ref=${fault}><div class="grow"><${Fault} state=${state} /></div></div>`}
      <button class="btn btn-primary btn-wide" type="submit" aria-busy=${state.busy} aria-disabled=${chosen ? undefined : "true"}>${state.busy ? chosen.busy : label}</button>
    </form>`;
}

const MISSING = { choice: "Choose one of the three answers.", comment: "Say what should change. The studio reads it as it stands." };

function Fault({ state: { error, missing } }) {
  if (missing) return html`<p>${MISSING[missing]}</p>`;
  if (error.code === "OFFLINE") return html`<p>You are offline. Nothing was sent; your answer is kept here. Try again when you are back.</p>`;
  return html`<p>${error.words}</p>${error.requestId && html`<p class="meta">Number <span class="mono">${error.requestId}</span></p>`}`;
}
