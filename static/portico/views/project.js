// One project: where it stands in a sentence, what waits, the colonnade of its phases, its files.

import { html } from "../../vendor/preact-htm.js";
import { all, get, optional } from "../api.js";
import { bytes, due, longDay, moment } from "../format.js";
import { fullName } from "../names.js";
import { useApprovals, useInvoices, waitingForClient } from "../resources.js";
import { isStaff } from "../session.js";
import { useResource } from "../store.js";
import { projectState } from "../words.js";
import { Download } from "../parts/download.js";
import { Colonnade, phaseName, usePhases } from "../parts/projects.js";
import { LoadError } from "../parts/states.js";
import { Badge, Crumb, Heading } from "../parts/ui.js";
import { WaitingRows } from "../parts/waiting.js";
import { Thing } from "./thing.js";

export function ProjectPage({ id }) {
  const project = useResource(`project:${id}:page`, async () => (await get(`/projects/${id}`)).data, ["project."]);
  return html`<${Thing} of=${project} title="Project" back="#/projects" backTo="Projects">${(data) => html`<${Page} project=${data} />`}<//>`;
}

function Page({ project }) {
  const { data: phases = [] } = usePhases(project.id);
  const here = (list) => list.data?.filter((thing) => thing.project_id === project.id);
  const waiting = waitingForClient(here(useApprovals()), here(useInvoices()), []);
  return html`
    <div class="stack-lg">
      <header class="masthead"><${Crumb} href="#/projects">Projects<//>
        <div class="between"><${Heading} title=${project.name} /><${Badge} state=${projectState(project)} /></div>
        <p class="lead">${sentence(project, phases)}</p>
        ${project.description && html`<p class="soft prose pre">${project.description}</p>`}</header>
      ${waiting.length > 0 && html`
        <section aria-labelledby="waiting"><h2 class="section head" id="waiting">${isStaff() ? "Waiting for the client" : "Waiting for you"}</h2>
          <${WaitingRows} rows=${waiting} projects=${[]} level="h3" /></section>`}
      ${phases.length > 0 && html`<section aria-label="Phases"><${Colonnade} phases=${phases} /></section>`}
      <${Steps} project=${project} phases=${phases} />
      <${Files} project=${project} />
    </div>`;
}

/** What the client has still to do in this phase. */
function Steps({ project, phases }) {
  const steps = project.open_actions;
  if (!steps.length) return null;
  const now = phases.find((phase) => phase.key === project.current_phase);
  return html`
    <section aria-labelledby="steps"><h2 class="section head" id="steps">${isStaff() ? "The client’s part" : "Your part"}${now && ` in ${phaseName(now)}`}</h2>
      <ol class="trail">${steps.map((step) => html`
        <li class="is-next" key=${step.key}>${step.description}${!step.is_required && html` <span class="meta">if you like</span>`}</li>`)}</ol></section>`;
}

const SCANS = { pending: ["Being checked", "info"], infected: ["Not safe", "bad"] };

function Files({ project }) {
  const files = useResource(`files:${project.id}`, () => optional(all("/files", { project_id: project.id })), ["file."]);
  if (files.error && files.data === undefined) return html`<${LoadError} error=${files.error} what="the files" onRetry=${files.reload} />`;
  if (!files.data?.length) return null;
  return html`
    <section aria-labelledby="files"><h2 class="section head" id="files">Files</h2>
      <ul class="rows rows-tight sheet">${files.data.map((file) => html`<${FileRow} file=${file} key=${file.id} />`)}</ul></section>`;
}

const ending = (name) => (name.includes(".") ? name.split(".").pop().slice(0, 4).toUpperCase() : "FILE");

const FileRow = ({ file }) => html`
  <li><span class="niche meta" aria-hidden="true">${ending(file.name)}</span>
    <div><h3 class="what">${file.name}</h3><p class="why">${`Version ${file.version} · ${bytes(file.size)} · ${moment(file.updated_at)}`}</p></div>
    <div class="act">${file.scan_status === "clean"
    ? html`<${Download} path=${`/files/${file.id}/content`} name=${file.name} label=${html`Download<span class="vh"> ${file.name}</span>`} small />`
    : html`<${Badge} state=${SCANS[file.scan_status] ?? SCANS.pending} />`}</div></li>`;

function sentence(project, phases) {
  const now = phases.find((phase) => phase.status === "active");
  const late = project.due_date && due(project.due_date).days < 0 && project.status !== "completed";
  const parts = [
    isStaff() && `For ${project.client.name}.`,
    now && `Now in ${phaseName(now)}${project.next_phase ? `; then comes ${project.next_phase.name}` : ""}.`,
    project.manager && `${fullName(project.manager)} leads it.`,
    project.due_date && `${late ? "It was to end" : "Planned end"} ${longDay(project.due_date)}.`,
  ];
  return parts.filter(Boolean).join(" ");
}
