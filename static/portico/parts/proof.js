// Step-up: what matters most asks once more who is there. `guard(work)` does the work; where the
// server wants a proof, a dialog asks for it and the work is done again.

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { post } from "../api.js";
import * as session from "../session.js";
import * as webauthn from "../webauthn.js";
import { CodeField, Fault } from "./fields.js";

const LABELS = { password: "Use my password", totp: "Use the authenticator app", passkey: "Use a passkey" };

/** Thrown when the person closes the dialog: nothing happened, and nothing is to be said. */
export class Cancelled extends Error {}

export function useProof() {
  const [asking, setAsking] = useState(null); // {methods, resolve, reject}
  const guard = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (error.details?.rule !== "proof_required") throw error;
      await new Promise((resolve, reject) => setAsking({ methods: error.details.methods, resolve, reject })).finally(() => setAsking(null));
      return work();
    }
  };
  return [guard, asking && html`<${ProofDialog} ...${asking} />`];
}

function ProofDialog({ methods, resolve, reject }) {
  const ways = methods.filter((way) => way !== "passkey" || webauthn.works);
  const [way, setWay] = useState(ways.includes("passkey") ? "passkey" : ways[0]);
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const box = useRef(null);
  const field = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.focus?.();
  }, []);
  useEffect(() => field.current?.focus(), [way]);
  const close = () => reject(new Cancelled());

  const give = async (event) => {
    event.preventDefault();
    if (busy) return;
    const typed = field.current?.value ?? "";
    if (field.current && !typed) {
      setFailure(way === "totp" ? "Enter the six digits that the app shows." : "Enter your password.");
      return;
    }
    setBusy(true);
    setFailure("");
    try {
      const proof = way === "password" ? { password: typed } : way === "totp" ? { code: typed.replaceAll(/\s/gu, "") } : { passkey: await webauthn.signed() };
      await post("/auth/proofs", proof);
      resolve();
    } catch (error) {
      if (field.current) field.current.value = "";
      setFailure(error.code === "VALIDATION_ERROR" ? "The code has six digits." : webauthn.wordsFor(error));
      setBusy(false);
    }
  };

  return html`
    <dialog class="dialog" ref=${box} aria-labelledby="proof-title" onCancel=${close}>
      <form class="stack" onSubmit=${give} novalidate>
        <h2 class="section" id="proof-title">Is it you?</h2>
        ${ways.length ? html`<p class="soft">This changes how your account is protected, so we ask once more. Then not again for ten minutes.</p>`
    : html`<p class="soft">For this you have to sign in again: you have no password and no passkey here.</p>`}
        <${Fault} words=${failure} />
        ${way === "password" && html`
          <div class="field"><input class="vh" type="text" autocomplete="username" value=${session.user().email} readonly tabindex="-1" aria-hidden="true" />
            <label class="label" for="proof-password">Password</label>
            <input class="input" id="proof-password" ref=${field} type="password" autocomplete="current-password" maxlength="1000" aria-invalid=${failure ? "true" : undefined} aria-describedby=${failure ? "fault" : undefined} /></div>`}
        ${way === "totp" && html`<${CodeField} id="proof-code" field=${field} bad=${failure} />`}
        <div class="cluster">${ways.filter((other) => other !== way).map((other) => html`<button class="btn btn-quiet btn-sm" type="button" key=${other} onClick=${() => { setFailure(""); setWay(other); }}>${LABELS[other]}</button>`)}</div>
        <div class="end">
          <button class="btn" type="button" onClick=${close}>Cancel</button>
          ${ways.length
    ? html`<button class="btn btn-primary" type="submit" aria-busy=${busy}>${way === "passkey" ? "Use my passkey" : "Continue"}</button>`
    : html`<button class="btn btn-primary" type="button" onClick=${session.signOut}>Sign out</button>`}
        </div>
      </form>
    </dialog>`;
}
