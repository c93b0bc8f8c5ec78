// Ways in for who has no password at hand: a link by mail, and the page that sets a new password.
// The answer is the same for every address; nobody learns here who has an account.

import { html, useState } from "../../vendor/preact-htm.js";
import { send } from "../api.js";
import { Icon } from "./icons.js";
import { Notice } from "./states.js";

const JSON_BOTH_WAYS = { "Content-Type": "application/json", Accept: "application/json" };

function ask(email) {
  const options = { method: "POST", headers: JSON_BOTH_WAYS, body: JSON.stringify({ email }), credentials: "same-origin" };
  return send("/api/v1/auth/magic-links", options);
}

/** `form` is the sign-in form, whose e-mail is used. */
export function OtherWays({ form }) {
  const [said, setSaid] = useState(null);
  const [busy, setBusy] = useState(false);

  const press = async () => {
    if (busy) return;
    const field = form.current.elements.email;
    const email = field.value.trim();
    if (!/^\S+@\S+$/u.test(email)) {
      setSaid({ tone: "bad", words: "Enter your e-mail address above first." });
      field.focus();
      return;
    }
    setBusy(true);
    try {
      await ask(email);
      setSaid({ tone: "good", words: `If ${email} has an account, a mail with a sign-in link is on its way. It works for 15 minutes.` });
    } catch (error) {
      setSaid({ tone: "bad", words: error.status === 400 ? "Enter a whole address, such as name@example.com." : error.words ?? "Our server failed. Try again in a moment." });
    }
    setBusy(false);
  };

  return html`
    <button class="btn btn-quiet btn-wide" type="button" id="mail-me" aria-busy=${busy} onClick=${press}><${Icon} name="mail" />E-mail me a sign-in link</button>
    <p class="forgot"><a href="/password-reset">Forgot your password?</a></p>
    <div role="status">${said && html`<${Notice} tone=${said.tone}><p>${said.words}</p><//>`}</div>`;
}
