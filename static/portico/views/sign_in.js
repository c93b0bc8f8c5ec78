// The doorway: e-mail and password. A failure keeps the e-mail, empties the password and moves the
// focus to what went wrong.

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { usePage, wantFocus } from "../router.js";
import * as session from "../session.js";
import { CompanySignIn } from "../parts/company_sign_in.js";
import { Mark } from "../parts/icons.js";
import { OtherWays } from "../parts/other_ways.js";
import { Notice } from "../parts/states.js";
import { PasskeyButton } from "./passkey_button.js";
import { SecondFactor } from "./second_factor.js";

const WORDS = {
  INVALID_CREDENTIALS: "That e-mail and password do not go together. Try again.",
  ACCOUNT_INACTIVE: "This account is switched off. Ask the studio to open it again.",
  FEATURE_DISABLED: "Passwords are closed for this account. Use your company’s sign-in, or ask the studio.",
};
const MISSING = {
  email: { empty: "Enter your e-mail address.", wrong: "Enter a whole address, such as name@example.com." },
  password: { empty: "Enter your password." },
};

function wordsFor(error) {
  if (!navigator.onLine) return "You are offline. Your e-mail is kept; try again when you are back.";
  return WORDS[error.code] ?? error.words ?? "Our server failed. Try again in a moment.";
}

function check(email, password) {
  const faults = {};
  if (!email) faults.email = MISSING.email.empty;
  else if (!/^\S+@\S+$/u.test(email)) faults.email = MISSING.email.wrong;
  if (!password) faults.password = MISSING.password.empty;
  return faults;
}

export function SignIn() {
  const studio = document.documentElement.dataset.studio;
  const form = useRef(null);
  const summary = useRef(null);
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState({});
  const [failure, setFailure] = useState(null);
  const [question, setQuestion] = useState(null); // the second step that the server asks for

  const heading = usePage(question ? "" : "Sign in");
  useEffect(() => {
    if (failure || Object.keys(faults).length) summary.current?.focus();
  }, [failure, faults]);

  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    const { email, password } = form.current.elements;
    const found = check(email.value.trim(), password.value);
    setFaults(found);
    setFailure(null);
    if (Object.keys(found).length) return;
    setBusy(true);
    try {
      await session.signIn(email.value.trim(), password.value);
    } catch (error) {
      setBusy(false);
      if (error.code === "MFA_REQUIRED") {
        setQuestion(error.details);
        return;
      }
      if (error.code === "INVALID_CREDENTIALS") password.value = "";
      setFailure({ words: wordsFor(error), both: error.code === "INVALID_CREDENTIALS", number: error.status >= 500 ? error.requestId : "" });
    }
  };

  const again = () => {
    wantFocus();
    setQuestion(null);
  };
  if (question) return html`<${SecondFactor} question=${question} onBack=${again} />`;

  return html`
    <main class="threshold" id="main"><div>
      <div class="doorway">
        <header><${Mark} class="mark" />
          <h1 class="title" ref=${heading} tabindex="-1">${studio}</h1>
          <p class="soft">Welcome back. Sign in to your projects.</p>
        </header>
        <form ref=${form} novalidate onSubmit=${submit} aria-label="Sign in">
          ${session.wasEnded() && !failure && html`<${Notice} tone="info" role="status"><p>Please sign in again. Your text is kept.</p><//>`}
          <${Summary} box=${summary} faults=${faults} failure=${failure} />
          <${Field} id="email" label="E-mail" type="email" autocomplete="username" fault=${faults.email} both=${failure?.both} inputmode="email" />
          <${Field} id="password" label="Password" type="password" autocomplete="current-password" fault=${faults.password} both=${failure?.both} />
          <button class="btn btn-primary btn-wide" type="submit" aria-busy=${busy}>${busy ? "Signing in" : "Sign in"}</button>
          <${CompanySignIn} form=${form} />
          <${OtherWays} form=${form} />
        </form>
        <${PasskeyButton} onFailure=${setFailure} />
      </div>
      <div class="step"></div>
    </div></main>`;
}

function Summary({ box, faults, failure }) {
  const fields = Object.entries(faults);
  if (!failure && !fields.length) return null;
  return html`
    <div class="notice notice-bad" id="fault" role="group" aria-labelledby="fault-title" tabindex="-1" ref=${box}>
      <div class="grow">
        ${failure
    ? html`<p id="fault-title">${failure.words}</p>`
    : html`<p class="label" id="fault-title">${fields.length === 1 ? "One field needs a look" : "Two fields need a look"}</p>
            <ul>${fields.map(([field, words]) => html`<li key=${field}><a href=${`#${field}`} onClick=${(event) => jump(event, field)}>${words}</a></li>`)}</ul>`}
        ${failure?.number && html`<p class="meta">Number <span class="mono">${failure.number}</span></p>`}
      </div>
    </div>`;
}

function jump(event, field) {
  event.preventDefault();
  document.getElementById(field)?.focus();
}

function Field({ id, label, fault, both, ...rest }) {
  const described = fault ? `${id}-fault` : both ? "fault-title" : undefined;
  return html`
    <div class=${`field${fault ? " is-bad" : ""}`}>
      <label class="label" for=${id}>${label}</label>
      <input class="input" id=${id} name=${id} required aria-invalid=${fault || both ? "true" : undefined} aria-describedby=${described} autocapitalize="none" spellcheck=${false} ...${rest} />
      ${fault && html`<p class="error" id=${`${id}-fault`}>${fault}</p>`}
    </div>`;
}
