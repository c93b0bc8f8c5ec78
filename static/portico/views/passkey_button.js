// Signing in with a passkey alone: no e-mail, no password. Shown where passkeys can work.

import { html, useState } from "../../vendor/preact-htm.js";
import { Icon } from "../parts/icons.js";
import * as session from "../session.js";
import * as webauthn from "../webauthn.js";

export function PasskeyButton({ onFailure }) {
  const [busy, setBusy] = useState(false);
  if (!webauthn.works) return null;
  const enter = async () => {
    if (busy) return;
    setBusy(true);
    onFailure(null);
    try {
      session.enter(await session.ask("passkey-sign-ins", await webauthn.signed()));
    } catch (error) {
      onFailure({ words: webauthn.wordsFor(error), number: error.status >= 500 ? error.requestId : "" });
      setBusy(false);
    }
  };
  return html`
    <p class="or" aria-hidden="true"><span>or</span></p>
    <button class="btn btn-wide" type="button" id="passkey" aria-busy=${busy} onClick=${enter}>${!busy && html`<${Icon} name="key" />`}Sign in with a passkey</button>`;
}
