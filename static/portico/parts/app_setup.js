// Setting up an authenticator app: a picture to read, the same as text, and the first code.

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { CodeField, Fault } from "./fields.js";
import { LoadError, Skeleton } from "./states.js";

const grouped = (secret) => secret.match(/.{1,4}/gu).join(" ");

/** `begin` asks the server for a seed, `confirm(id, code)` gives the first code. */
export function AppSetup({ begin, confirm, wordsFor, button = "Turn on" }) {
  const [enrolment, setEnrolment] = useState(null);
  const [error, setError] = useState(null);
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  const start = () => {
    setError(null);
    begin().then(setEnrolment, setError);
  };
  useEffect(start, []);

  const give = async (event) => {
    event.preventDefault();
    if (busy) return;
    const code = field.current.value.replaceAll(/\s/gu, "");
    if (!/^\d{6}$/u.test(code)) {
      setFailure("Enter the six digits that the app shows.");
      return;
    }
    setBusy(true);
    setFailure("");
    try {
      await confirm(enrolment.id, code);
    } catch (refusal) {
      field.current.value = "";
      setFailure(refusal.details?.[0]?.message ?? wordsFor(refusal));
      setBusy(false);
    }
  };

  if (error) return html`<${LoadError} error=${error} what="the set-up" onRetry=${start} />`;
  if (!enrolment) return html`<${Skeleton} rows=${2} onRetry=${start} />`;
  return html`
    <form class="stack" onSubmit=${give} novalidate aria-label="Authenticator app">
      <ol class="steps">
        <li><p>Open an authenticator app on your phone. Any will do.</p></li>
        <li><p>Read this picture with it.</p>
          <img class="qr" alt="QR code for your authenticator app" src=${`data:image/svg+xml,${encodeURIComponent(enrolment.qr_svg)}`} />
          <details class="more"><summary>I cannot read a picture</summary>
            <p class="meta">Type this key into the app:</p><p class="mono secret">${grouped(enrolment.secret)}</p>
            <p><a href=${enrolment.otpauth_uri}>Open an app on this device</a></p></details></li>
        <li><p>Enter the code that the app shows now.</p>
          <${Fault} words=${failure} /><${CodeField} field=${field} bad=${failure} /></li>
      </ol>
      <button class="btn btn-primary btn-wide" type="submit" aria-busy=${busy}>${busy ? "Checking" : button}</button>
    </form>`;
}
