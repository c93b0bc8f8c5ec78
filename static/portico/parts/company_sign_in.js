// Sign-in with the company's own provider: once an address stands in the form, the server tells by
// its domain alone which providers there are. Nobody learns here who has an account.

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { send } from "../api.js";
import { Notice } from "./states.js";

const WHOLE = /^\S+@\S+\.\S+$/u;
const PAUSE = 400; // after the last key
const FAILED = { UPSTREAM_ERROR: "Your company’s sign-in does not answer. Try again in a moment.", UPSTREAM_TIMEOUT: "Your company’s sign-in does not answer. Try again in a moment." };

function post(path, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return send(`/api/v1/auth/${path}`, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
}

/** `form` is the sign-in form, whose e-mail is used. */
export function CompanySignIn({ form }) {
  const [offers, setOffers] = useState({ email: "", providers: [] });
  const [busy, setBusy] = useState("");
  const [fault, setFault] = useState("");

  useEffect(() => {
    const field = form.current.elements.email;
    let timer = 0;
    let asked = "";
    const look = async () => {
      const email = field.value.trim();
      if (!WHOLE.test(email) || email === asked) return;
      asked = email;
      const found = await post("provider-discoveries", { email }).catch(() => null); // the form works without
      if (asked === email) setOffers({ email, providers: found?.data.providers ?? [] });
    };
    const typed = () => {
      clearTimeout(timer);
      timer = setTimeout(look, PAUSE);
    };
    field.addEventListener("input", typed);
    field.addEventListener("change", look);
    typed();
    return () => {
      clearTimeout(timer);
      field.removeEventListener("input", typed);
      field.removeEventListener("change", look);
    };
  }, []);

  const begin = async (name) => {
    if (busy) return;
    setBusy(name);
    setFault("");
    try {
      const { data } = await post(`sso/${name}/starts`, { email: offers.email });
      location.assign(data.authorization_url);
    } catch (error) {
      setFault(FAILED[error.code] ?? error.words ?? "Our server failed. Try again in a moment.");
      setBusy("");
    }
  };

  return html`
    <div class="stack" role="status">
      ${offers.providers.map(({ name, title, is_required: only }) => html`
        <button key=${name} class="btn btn-quiet btn-wide" type="button" aria-busy=${busy === name} onClick=${() => begin(name)}>Continue with ${title}</button>
        ${only && html`<p class="soft">Your company signs in this way.</p>`}`)}
      ${fault && html`<${Notice} tone="bad"><p>${fault}</p><//>`}
    </div>`;
}
