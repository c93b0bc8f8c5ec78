// The passkeys of the account page: make, name, remove.

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { patch, post, remove } from "../api.js";
import { age, shortDay } from "../format.js";
import { useAct } from "../parts/acts.js";
import { Fault } from "../parts/fields.js";
import { Icon } from "../parts/icons.js";
import { Notice } from "../parts/states.js";
import * as webauthn from "../webauthn.js";
import { deviceName } from "./account_devices.js";
import { Sure } from "./account_sure.js";

export function PasskeySection({ keys, guard, onChange }) {
  const act = useAct();
  const add = () => act.run("add", async () => {
    const { data: options } = await guard(() => post("/auth/factors/passkey-registrations"));
    const key = await webauthn.made(options);
    const { data } = await post("/auth/factors/passkeys", { ...key, name: deviceName(navigator.userAgent) });
    onChange(data.recovery_codes);
  }, "The passkey is added.");
  return html`
    <section aria-labelledby="keys-title">
      <h2 class="section" id="keys-title" tabindex="-1">Passkeys</h2>
      <p class="soft head">Sign in with your finger, your face or the PIN of your device. No password to type, and nothing to steal.</p>
      <div class="stack">
        ${keys.length > 0 && html`<ul class="rows sheet">${keys.map((key) => html`<${Passkey} passkey=${key} guard=${guard} onChange=${onChange} key=${key.id} />`)}</ul>`}
        <${Fault} id="keys-fault" words=${act.failure} />
        ${webauthn.works
    ? html`<p><button class="btn" type="button" id="add-passkey" aria-busy=${act.busy === "add"} onClick=${add}><${Icon} name="key" />Add a passkey</button></p>`
    : html`<${NotHere} />`}
      </div>
    </section>`;
}

function NotHere() {
  if (webauthn.otherAddress) return html`<${Notice}><p>Passkeys need a host name, and this address is a number. Open the portal at <a href=${webauthn.otherAddress}>${webauthn.otherAddress}</a> to add one.</p><//>`;
  if (webauthn.isNumber) return html`<${Notice}><p>Passkeys need a host name, and this address is a number. Open the portal under its name, over https.</p><//>`;
  return html`<${Notice}><p>Passkeys need a secure address (https) and a browser that knows them.</p><//>`;
}

const used = (key) => [`Added ${shortDay(key.created_at.slice(0, 10))}`, key.last_used_at ? `last used ${age(key.last_used_at)}` : "not used yet"].join(" · ");

function Passkey({ passkey, guard, onChange }) {
  const [mode, setMode] = useState("");
  const act = useAct();
  const row = useRef(null);
  const close = () => {
    setMode("");
    row.current.focus(); // the button that had it is back only after this
  };
  const drop = () => act.run("remove", async () => {
    await guard(() => remove(`/auth/factors/${passkey.id}`));
    document.getElementById("keys-title").focus();
    onChange();
  }, "The passkey is removed.");
  const rename = (name) => act.run("rename", async () => {
    await patch(`/auth/factors/${passkey.id}`, { name });
    close();
    onChange();
  }, "The passkey has a new name.");
  return html`
    <li tabindex="-1" ref=${row}>
      <span class="niche niche-accent"><${Icon} name="key" /></span>
      <div><p class="what">${passkey.name}</p><p class="why">${used(passkey)}${passkey.host === location.hostname ? "" : ` · for ${passkey.host}`}</p></div>
      <div class="act">${!mode && html`
        <button class="btn btn-sm" type="button" onClick=${() => setMode("rename")}>Rename<span class="vh">: ${passkey.name}</span></button>
        <button class="btn btn-sm" type="button" onClick=${() => setMode("remove")}>Remove<span class="vh">: ${passkey.name}</span></button>`}</div>
      ${mode === "remove" && html`<${Sure} question=${`Remove ${passkey.name}?`} busy=${act.busy} onYes=${drop} onNo=${close} />`}
      ${mode === "rename" && html`<${Rename} name=${passkey.name} busy=${act.busy} onName=${rename} onCancel=${close} />`}
      ${act.failure && html`<div class="sure"><${Fault} id=${`fault-${passkey.id}`} words=${act.failure} /></div>`}
    </li>`;
}

function Rename({ name, busy, onName, onCancel }) {
  const field = useRef(null);
  useEffect(() => field.current?.select(), []);
  const give = (event) => {
    event.preventDefault();
    const typed = field.current.value.trim();
    if (typed) onName(typed);
  };
  return html`
    <form class="sure" onSubmit=${give}>
      <label class="label" for="passkey-name">Name</label>
      <input class="input" id="passkey-name" ref=${field} defaultValue=${name} maxlength="100" required />
      <div class="cluster"><button class="btn btn-sm btn-primary" type="submit" aria-busy=${Boolean(busy)}>Save</button>
        <button class="btn btn-sm" type="button" onClick=${onCancel}>Cancel</button></div>
    </form>`;
}
