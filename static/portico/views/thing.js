// The frame of a page about one thing: loading, not there (or not yours: the same words), failed.

import { html } from "../../vendor/preact-htm.js";
import { LoadError, Skeleton } from "../parts/states.js";
import { Crumb, Heading } from "../parts/ui.js";

export const Absent = ({ back = "#/", backTo = "Home" }) => html`
  <div class="stack narrow">
    <${Heading} title="There is nothing here for you" />
    <p class="lead">The link may be old.</p>
    <p><a class="btn btn-primary" href=${back}>Go to ${backTo}</a></p>
  </div>`;

export function Thing({ of, title, back, backTo, children }) {
  if (of.data !== undefined) return children(of.data);
  if (of.error?.absent) return html`<${Absent} back=${back} backTo=${backTo} />`;
  return html`
    <header class="masthead"><${Crumb} href=${back}>${backTo}<//><${Heading} title=${title} /></header>
    <div class="narrow">
      ${of.error
    ? html`<${LoadError} error=${of.error} what=${`this ${title.toLowerCase()}`} onRetry=${of.reload} />`
    : html`<${Skeleton} rows=${4} onRetry=${of.reload} />`}
    </div>`;
}
