// A contact's first screen: what waits for them, their projects, what happened lately.

import { html } from "../../vendor/preact-htm.js";
import { greeting, inWords } from "../format.js";
import { useNames } from "../names.js";
import { atWork, useApprovals, useConversations, useInvoices, useProjects, waitingForClient } from "../resources.js";
import { user } from "../session.js";
import { Activity } from "../parts/activity.js";
import { ProjectCard } from "../parts/projects.js";
import { LoadError, Part, Quiet, Skeleton } from "../parts/states.js";
import { Heading } from "../parts/ui.js";
import { WaitingRows } from "../parts/waiting.js";

export function ClientHome() {
  useNames();
  const lists = [useApprovals(), useInvoices(), useConversations()];
  const projects = useProjects();
  const failed = lists.find((list) => list.error && list.data === undefined);
  const ready = lists.every((list) => list.data !== undefined);
  const waiting = ready ? waitingForClient(...lists.map((list) => list.data)) : [];
  return html`
    <div class="split">
      <div class="stack-lg">
        <section aria-labelledby="waiting">
          <header class="masthead">
            <p class="soft">${greeting(user().first_name)}</p>
            <${Heading} class="display" id="waiting" title=${title(ready, failed, waiting.length)} name="Waiting for you" />
          </header>
          ${failed && html`<${LoadError} error=${failed.error} what="what waits for you" onRetry=${failed.reload} />`}
          ${!failed && !ready && html`<${Skeleton} />`}
          ${ready && (waiting.length ? html`<${WaitingRows} rows=${waiting} projects=${projects.data ?? []} />` : html`<${Nothing} />`)}
        </section>
        <section aria-labelledby="projects">
          <div class="between head"><h2 class="section" id="projects">Your projects</h2><a class="meta" href="#/projects">All projects</a></div>
          <${Part} of=${projects} what="your projects" rows=${2}>${(rows) => (rows.length
      ? html`<div class="cols">${shown(rows).map((project) => html`<${ProjectCard} project=${project} key=${project.id} />`)}</div>`
      : html`<${Quiet} title="No projects yet">The studio opens the first one. It appears here by itself.<//>`)}<//>
        </section>
      </div>
      <aside aria-label="Activity"><${Activity} /></aside>
    </div>`;
}

function title(ready, failed, count) {
  if (failed) return "Your page is not complete";
  if (!ready) return "Looking for what waits for you";
  if (!count) return "Nothing is waiting for you";
  return `${inWords(count)} ${count === 1 ? "thing is" : "things are"} waiting for you`;
}

const SHOWN_PROJECTS = 6;

/** What is at work; where nothing is, what was done. */
const shown = (projects) => (atWork(projects).length ? atWork(projects) : projects).slice(0, SHOWN_PROJECTS);

const Nothing = () => html`
  <p class="lead">When the studio needs an answer, a payment or a word from you, it stands here.</p>`;
