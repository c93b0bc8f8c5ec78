// A project as a card with a small colonnade, and the row of its phases.

import { html } from "../../vendor/preact-htm.js";
import { optional, get } from "../api.js";
import { due, longDay } from "../format.js";
import { learn } from "../names.js";
import { isStaff } from "../session.js";
import { useResource } from "../store.js";
import { projectState } from "../words.js";

export const usePhases = (id) => useResource(`phases:${id}`, async () => {
  const phases = (await optional(get(`/projects/${id}/phases`, { limit: 100 })))?.data ?? [];
  phases.forEach((phase) => learn(`${id}:${phase.key}`, phase.name));
  return phases;
}, ["project."]);

const isDone = (phase) => phase.status === "completed" || phase.status === "skipped";
const STATES = { completed: "done", skipped: "left out", active: "now", pending: "to come" };
const LOOKS = { completed: "is-done", skipped: "is-done", active: "is-now", pending: "" };

export const phaseName = (phase) => phase.name || (phase.key ?? "").replaceAll("_", " ");

function when(phase) {
  if (phase.completed_at) return longDay(phase.completed_at.slice(0, 10));
  return phase.due_date ? `by ${longDay(phase.due_date)}` : "";
}

export const Colonnade = ({ phases, small = false }) => html`
  <ol class=${`colonnade${small ? " colonnade-sm" : ""}`} aria-label="Phases">
    ${phases.map((phase) => html`
      <li class=${LOOKS[phase.status] ?? ""} key=${phase.key} aria-current=${phase.status === "active" ? "step" : undefined}>
        <span class="door" aria-hidden="true"></span>
        ${small
    ? html`<span class="vh">${phaseName(phase)}: ${STATES[phase.status] ?? phase.status}</span>`
    : html`<span class="name">${phaseName(phase)}<span class="vh">: ${STATES[phase.status] ?? phase.status}</span></span><span class="when">${when(phase)}</span>`}
      </li>`)}
  </ol>`;

/** "Review, phase 4 of 8 · ends 18 December", or "4 days late". */
export function standing(project, phases) {
  const now = phases.findIndex((phase) => phase.status === "active");
  const place = now >= 0
    ? `${phaseName(phases[now])}, phase ${now + 1} of ${phases.length}`
    : phases.length && phases.every(isDone) ? "All phases done" : projectState(project)[0];
  const open = !["completed", "cancelled"].includes(project.status);
  const end = open && project.due_date;
  const late = end && due(end).days < 0;
  return [place, end && (late ? due(end).words : `ends ${longDay(end)}`)].filter(Boolean).join(" · ");
}

export function ProjectCard({ project, level: Level = "h3" }) {
  const { data: phases = [] } = usePhases(project.id);
  const client = isStaff() && project.client?.name;
  return html`
    <a class="card stack" href=${`#/projects/${project.id}`}>
      <div><${Level} class="label">${project.name}<//><p class="meta">${[client, standing(project, phases)].filter(Boolean).join(" · ")}</p></div>
      ${phases.length > 0
    ? html`<${Colonnade} phases=${phases} small />`
    : html`<progress class="bar" max="100" value=${project.progress ?? 0} aria-label=${`Progress of ${project.name}`}></progress>`}
    </a>`;
}
