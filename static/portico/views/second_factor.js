// The second step of a sign-in: a code of the app, a passkey, or a recovery code. Where the studio
// asks for a second factor and the person has none, it is set up here.

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { AppSetup } from "../parts/app_setup.js";
import { Codes } from "../parts/codes.js";
import { CodeField, Fault } from "../parts/fields.js";
import { Mark } from "../parts/icons.js";
import { usePage, wantFocus } from "../router.js";
import * as session from "../session.js";
import * as webauthn from "../webauthn.js";

const LEADS = {
  totp: "Enter the six digits that your authenticator app shows.",
  passkey: "Confirm with your passkey that it is you.",
  recovery_code: "Enter one of the recovery codes that you saved. Each works once.",
};
const SWITCHES = { totp: "Use the authenticator app", passkey: "Use a passkey", recovery_code: "Use a recovery code" };
const GONE = "This step ran out, or had too many wrong codes. Sign in again.";

export const wordsFor = (error) => (error.code === "GONE" ? GONE : webauthn.wordsFor(error));

const Doorway = ({ title, lead, children }) => {
  const heading = usePage(title);
  return html`
    <main class="threshold" id="main"><div>
      <div class="doorway">
        <header><${Mark} class="mark" /><h1 class="title" ref=${heading} tabindex="-1">${title}</h1><p class="soft">${lead}</p></header>
        ${children}
      </div>
      <div class="step"></div>
    </div></main>`;
};

export function SecondFactor({ question, onBack }) {
  if (question.enrolment_required) return html`<${Enrolment} token=${question.mfa_token} onBack=${onBack} />`;
  return html`<${Step} question=${question} onBack=${onBack} />`;
}

function Step({ question, onBack }) {
  const ways = question.methods.filter((way) => way !== "passkey" || webauthn.works);
  const [way, setWay] = useState(ways[0]);
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  useEffect(() => field.current?.focus(), [way]);

  const give = async (event) => {
    event.preventDefault();
    if (busy) return;
    const typed = field.current?.value.replaceAll(/\s/gu, "") ?? "";
    if (way !== "passkey" && !typed) {
      setFailure("Enter the code.");
      return;
    }
    if (way === "totp" && !/^\d{6}$/u.test(typed)) {
      setFailure("The code has six digits.");
      return;
    }
    setBusy(true);
    setFailure("");
    try {
      const answer = way === "totp" ? { code: typed } : way === "passkey" ? { passkey: await webauthn.signed() } : { recovery_code: typed };
      wantFocus();
      session.enter(await session.ask("second-factors", { mfa_token: question.mfa_token, ...answer }));
    } catch (error) {
      if (field.current) field.current.value = "";
      setFailure(wordsFor(error));
      setBusy(false);
    }
  };
  const change = (next) => {
    setFailure("");
    setWay(next);
  };

  return html`
    <${Doorway} title="One more step" lead=${LEADS[way]}>
      <form onSubmit=${give} novalidate aria-label="Second step">
        <${Fault} words=${failure} />
        ${way === "totp" && html`<${CodeField} field=${field} bad=${failure} />`}
        ${way === "recovery_code" && html`
          <div class="field"><label class="label" for="recovery">Recovery code</label>
            <input class="input" id="recovery" ref=${field} autocomplete="off" autocapitalize="none" spellcheck=${false} maxlength="40" aria-invalid=${failure ? "true" : undefined} aria-describedby=${failure ? "fault" : undefined} /></div>`}
        <button class="btn btn-primary btn-wide" type="submit" aria-busy=${busy}>${busy ? "Checking" : way === "passkey" ? "Use my passkey" : "Continue"}</button>
      </form>
      <div class="ways">
        ${ways.filter((other) => other !== way).map((other) => html`<button class="btn btn-quiet btn-sm" type="button" key=${other} onClick=${() => change(other)}>${SWITCHES[other]}</button>`)}
        <button class="btn btn-quiet btn-sm" type="button" onClick=${onBack}>Back to sign-in</button>
      </div>
    <//>`;
}

/** The session opens only after the codes were seen: the page behind it would take them away. */
function Enrolment({ token, onBack }) {
  const [done, setDone] = useState(null);
  const path = "second-factors/enrolments";
  const begin = () => session.ask(path, { mfa_token: token });
  const confirm = async (id, code) => setDone(await session.ask(`${path}/${id}/confirmations`, { mfa_token: token, code }));
  if (done) {
    const go = () => {
      wantFocus();
      session.enter(done);
    };
    return html`
      <${Doorway} title="Save your recovery codes" lead="Each one signs you in once when your phone is not at hand.">
        <${Codes} codes=${done.recovery_codes} onDone=${go} button="I have saved them" />
      <//>`;
  }
  return html`
    <${Doorway} title="Protect your account" lead="The studio asks for a second step at sign-in. Set it up once, with an app on your phone.">
      <${AppSetup} begin=${begin} confirm=${confirm} wordsFor=${wordsFor} />
      <div class="ways"><button class="btn btn-quiet btn-sm" type="button" onClick=${onBack}>Back to sign-in</button></div>
    <//>`;
}
