// Small parts that every view uses.

import { html } from "../../vendor/preact-htm.js";
import { due, initials } from "../format.js";
import { usePage } from "../router.js";
import { Icon } from "./icons.js";

export const Badge = ({ state: [words, tone] }) => html`<span class=${`badge${tone ? ` badge-${tone}` : ""}`}>${words}</span>`;

export const Avatar = ({ name, us = false }) => html`<span class=${`avatar${us ? " us" : ""}`} aria-hidden="true">${initials(name)}</span>`;

export const Due = ({ day }) => {
  const { words, tone } = due(day);
  return words && html`<span class=${`due ${tone}`}>${words}</span>`;
};

/** The one h1 of a page. It names the page and takes the focus after a move. */
export function Heading({ title, name = title, class: look = "title", ...rest }) {
  const heading = usePage(name);
  return html`<h1 class=${look} ref=${heading} tabindex="-1" ...${rest}>${title}</h1>`;
}

export const Crumb = ({ href, children }) => html`
  <a class="crumb" href=${href}><${Icon} name="back" small />${children}</a>`;

/** A row with one link that covers it. `verb` makes it a button; without one the title is the link. */
export function Row({ icon, tone = "", face, what, why, href, verb, primary, level: Level = "h2", children }) {
  return html`
    <li>
      ${face ? html`<${Avatar} name=${face} />` : html`<span class=${`niche ${tone && `niche-${tone}`}`}><${Icon} name=${icon} /></span>`}
      <div>
        <${Level} class="what">${verb ? what : html`<a href=${href}>${what}</a>`}<//>
        ${why && html`<p class="why">${why}</p>`}
      </div>
      <div class="act">
        ${children}
        ${verb && html`<a class=${`btn btn-sm cover${primary ? " btn-primary" : ""}`} href=${href}>${verb}<span class="vh">: ${what}</span></a>`}
      </div>
    </li>`;
}

export function say(text) {
  const region = document.getElementById("said");
  if (region) region.textContent = text;
}
