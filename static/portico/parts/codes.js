// Ten recovery codes, shown once: to copy, to keep as a file, to print.

import { html, useState } from "../../vendor/preact-htm.js";
import { Notice } from "./states.js";

const KEPT = 60_000;

function keep(text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = "recovery-codes.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}

export function Codes({ codes, onDone, button = "Done" }) {
  const [said, setSaid] = useState("");
  const text = `${document.documentElement.dataset.studio}: recovery codes\n${location.origin}\n\n${codes.join("\n")}\n`;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied.");
    } catch {
      setSaid("Your browser did not let us copy. Save the file instead.");
    }
  };
  return html`
    <div class="stack">
      <${Notice} tone="wait"><p>We show these codes only now. Keep them where you keep other important papers.</p><//>
      <ol class="recovery" aria-label="Recovery codes">${codes.map((code) => html`<li key=${code}><code>${code}</code></li>`)}</ol>
      <div class="cluster">
        <button class="btn btn-sm" type="button" onClick=${() => keep(text)}>Save as file</button>
        <button class="btn btn-sm" type="button" onClick=${copy}>Copy</button>
        <span class="meta" role="status">${said}</span>
      </div>
      <p><button class="btn btn-primary btn-wide" type="button" onClick=${onDone}>${button}</button></p>
    </div>`;
}
