// Fields of the pages that prove who is there.

import { html, useEffect, useRef } from "../../vendor/preact-htm.js";

/** What went wrong, in words; it takes the focus when it appears or changes. */
export function Fault({ words, id = "fault" }) {
  const box = useRef(null);
  useEffect(() => {
    if (words) box.current?.focus();
  }, [words]);
  return words && html`<div class="notice notice-bad" id=${id} role="alert" tabindex="-1" ref=${box}><p class="grow">${words}</p></div>`;
}

/** Six digits of an app; phones offer them from a message or a password manager. */
export const CodeField = ({ field, bad, id = "code" }) => html`
  <div class="field"><label class="label" for=${id}>Six-digit code</label>
    <input class="input code" id=${id} ref=${field} inputmode="numeric" autocomplete="one-time-code" maxlength="7" aria-invalid=${bad ? "true" : undefined} aria-describedby=${bad ? "fault" : undefined} /></div>`;
