// `#/handoff/<code>`: a sign-in that was finished on a page of the server (a link in a mail, the
// company's own sign-in) arrives here. The code works once, within a minute, in this browser only;
// it leaves the address before it is traded, so that no history keeps it.

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { usePage, wantFocus } from "../router.js";
import * as session from "../session.js";
import { Mark } from "../parts/icons.js";
import { Notice } from "../parts/states.js";
import { SecondFactor } from "./second_factor.js";

const PLACE = "#/handoff/";
const WORDS = {
  GONE: "This sign-in was used already, or it took longer than a minute. Please sign in again.",
  TOKEN_INVALID: "This sign-in was begun in another browser. Please sign in here.",
  ACCOUNT_INACTIVE: "This account is switched off. Ask the studio to open it again.",
};

export const isHandoff = () => location.hash.startsWith(PLACE);

const wordsFor = (error) => WORDS[error.code] ?? error.words ?? "Our server failed. Try again in a moment.";

/** `onDone` opens what the address says, which is Home by then. */
export function Handoff({ onDone }) {
  const studio = document.documentElement.dataset.studio;
  const heading = usePage("Signing in");
  const [failure, setFailure] = useState(null);

  useEffect(() => {
    const [code, query] = location.hash.slice(PLACE.length).split("?");
    const wanted = new URLSearchParams(query).get("next") ?? "";
    history.replaceState(null, "", /^\/[a-z]/.test(wanted) ? `#${wanted}` : "#/"); // a place of this client only
    session.acceptHandoff(code).then(onDone, (error) => {
      wantFocus();
      setFailure(error);
    });
  }, []);

  useEffect(() => session.onChange(() => session.user() && onDone()), []); // after the second step

  if (failure?.code === "MFA_REQUIRED") return html`<${SecondFactor} question=${failure.details} onBack=${onDone} />`;
  return html`
    <main class="threshold" id="main"><div>
      <div class="doorway">
        <header><${Mark} class="mark" />
          <h1 class="title" ref=${heading} tabindex="-1">${failure ? "You are not signed in" : studio}</h1>
          ${!failure && html`<p class="soft" role="status">Signing you in.</p>`}
        </header>
        ${failure && html`
          <div class="stack">
            <${Notice} tone="bad" role="alert"><p>${wordsFor(failure)}</p><//>
            <p><button class="btn btn-primary btn-wide" type="button" onClick=${onDone}>${session.user() ? "Go to Home" : "Go to sign-in"}</button></p>
          </div>`}
      </div>
      <div class="step"></div>
    </div></main>`;
}
