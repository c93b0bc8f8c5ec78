// The authenticator app of the account page.

import { html, useRef, useState } from "../../vendor/preact-htm.js";
import { post, remove } from "../api.js";
import { age } from "../format.js";
import { useAct } from "../parts/acts.js";
import { AppSetup } from "../parts/app_setup.js";
import { Fault } from "../parts/fields.js";
import { Icon } from "../parts/icons.js";
import { Cancelled } from "../parts/proof.js";
import { say } from "../parts/ui.js";
import * as webauthn from "../webauthn.js";
import { Sure } from "./account_sure.js";

export function AppSection({ app, guard, onChange }) {
  const [adding, setAdding] = useState(false);
  const [sure, setSure] = useState(false);
  const act = useAct();
  const heading = useRef(null);
  const leave = () => {
    setAdding(false);
    setSure(false);
    heading.current.focus();
  };
  const begin = async () => {
    try {
      return (await guard(() => post("/auth/factors/apps"))).data;
    } catch (error) {
      if (error instanceof Cancelled) leave();
      throw error;
    }
  };
  const confirm = async (id, code) => {
    const { data } = await guard(() => post(`/auth/factors/apps/${id}/confirmations`, { code }));
    setAdding(false);
    say("The authenticator app is on.");
    onChange(data.recovery_codes);
  };
  const drop = () => act.run("remove", async () => {
    await guard(() => remove(`/auth/factors/${app.id}`));
    leave();
    onChange();
  }, "The authenticator app is off.");

  return html`
    <section aria-labelledby="app-title">
      <h2 class="section" id="app-title" ref=${heading} tabindex="-1">Authenticator app</h2>
      <p class="soft head">An app on your phone shows a new six-digit code every 30 seconds.</p>
      ${adding
    ? html`<div class="sheet pad"><${AppSetup} begin=${begin} confirm=${confirm} wordsFor=${webauthn.wordsFor} />
        <p class="pad-t"><button class="btn btn-wide" type="button" onClick=${leave}>Cancel</button></p></div>`
    : app
      ? html`<ul class="rows sheet"><li>
          <span class="niche niche-accent"><${Icon} name="phone" /></span>
          <div><p class="what">${app.name}</p><p class="why">${app.last_used_at ? `Last used ${age(app.last_used_at)}` : "On"}</p></div>
          <div class="act">${!sure && html`
            <button class="btn btn-sm" type="button" onClick=${() => setAdding(true)}>Replace</button>
            <button class="btn btn-sm" type="button" onClick=${() => setSure(true)}>Remove<span class="vh"> the authenticator app</span></button>`}</div>
          ${sure && html`<${Sure} question="Remove the authenticator app?" busy=${act.busy} onYes=${drop} onNo=${leave} />`}
        </li></ul>`
      : html`<p><button class="btn" type="button" onClick=${() => setAdding(true)}><${Icon} name="phone" />Set up an app</button></p>`}
      <${Fault} id="app-fault" words=${act.failure} />
    </section>`;
}
