// A question before something is taken away, in the row itself.

import { html, useEffect, useRef } from "../../vendor/preact-htm.js";

export function Sure({ question, busy, onYes, onNo, yes = "Remove" }) {
  const no = useRef(null);
  useEffect(() => no.current?.focus(), []);
  return html`
    <div class="sure" role="group" aria-label=${question}>
      <p class="label">${question}</p>
      <div class="cluster">
        <button class="btn btn-sm" type="button" ref=${no} onClick=${onNo}>Keep</button>
        <button class="btn btn-sm btn-danger" type="button" aria-busy=${Boolean(busy)} onClick=${onYes}>${yes}</button>
      </div>
    </div>`;
}
