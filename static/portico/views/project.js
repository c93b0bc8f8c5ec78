// One project: where it stands in a sentence, what waits, the colonnade of its phases.

import { html } from "../../vendor/preact-htm.js";
import { get } from "../api.js";
import { longDay } from "../format.js";
import { nameOf, useNames } from "../names.js";
import { useApprovals, useInvoices, waitingForClient } from "../resources.js";
import { isStaff } from "../session.js";
import { useResource } from "../store.js";
import { projectState } from "../words.js";
import { Colonnade, usePhases } from "../parts/projects.js";
import { Badge, Crumb, Heading } from "../parts/ui.js";
import { WaitingRows } from "../parts/waiting.js";
import { Thing } from "./thing.js";

export function ProjectPage({ id }) {
  const project = useResource(`project:${id}`, async () => (await get(`/projects/${id}`)).data, ["project."]);
  return html`<${Thing} of=${project} title="Project" back="#/projects" backTo="Projects">${(data) => html`<${Page} project=${data} />`}<//>`;
}

function Page({ project }) {
  useNames();
  const { data: phases = [] } = usePhases(project.id);
  const here = (list) => list.data?.filter((thing) => thing.project_id === project.id);
  const waiting = waitingForClient(here(useApprovals()), here(useInvoices()), []);
  return html`
    <div class="stack-lg">
      <header class="masthead"><${Crumb} href="#/projects">Projects<//>
        <div class="between"><${Heading} title=${project.name} /><${Badge} state=${projectState(project)} /></div>
        <p class="lead">${sentence(project, phases)}</p></header>
      ${waiting.length > 0 && html`
        <section aria-labelledby="waiting"><h2 class="section head" id="waiting">${isStaff() ? "Waiting for the client" : "Waiting for you"}</h2>
          <${WaitingRows} rows=${waiting} projects=${[]} level="h3" /></section>`}
      ${phases.length > 0 && html`<section aria-label="Phases"><${Colonnade} phases=${phases} /></section>`}
      ${project.description && html`<section aria-labelledby="about"><h2 class="section head" id="about">About</h2><p class="prose pre">${project.description}</p></section>`}
    </div>`;
}

function sentence(project, phases) {
  const now = phases.find((phase) => phase.status === "active");
  const parts = [
    isStaff() && nameOf(project.client_id) && `For ${nameOf(project.client_id)}.`,
    now && `Now in ${(now.name || now.key).toLowerCase()}${now.requires_client_action && !isStaff() ? ", where you have a part" : ""}.`,
    project.due_date && `Planned end ${longDay(project.due_date)}.`,
  ];
  return parts.filter(Boolean).join(" ");
}
