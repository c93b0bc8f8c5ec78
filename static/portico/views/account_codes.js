// The recovery codes of the account page: how many are left, and new ones.

import { html, useEffect, useRef } from "../../vendor/preact-htm.js";
import { post } from "../api.js";
import { useAct } from "../parts/acts.js";
import { Codes } from "../parts/codes.js";
import { Fault } from "../parts/fields.js";
import { Icon } from "../parts/icons.js";

const FEW = 3;

export function CodesSection({ left, fresh, onSeen, guard, onMade }) {
  const act = useAct();
  const heading = useRef(null);
  useEffect(() => {
    if (fresh) heading.current?.focus();
  }, [fresh]);
  const renew = () => act.run("renew", async () => {
    const { data } = await guard(() => post("/auth/recovery-codes"));
    onMade(data.recovery_codes);
  }, "The new recovery codes are shown.");
  return html`
    <section aria-labelledby="codes-title">
      <h2 class="section" id="codes-title" ref=${heading} tabindex="-1">${fresh ? "Save your recovery codes" : "Recovery codes"}</h2>
      <p class="soft head">Each one signs you in once when your phone or passkey is not at hand.</p>
      ${fresh
    ? html`<div class="sheet pad"><${Codes} codes=${fresh} onDone=${onSeen} button="I have saved them" /></div>`
    : html`<ul class="rows sheet"><li>
        <span class=${`niche ${left > FEW ? "niche-accent" : "niche-wait"}`}><${Icon} name="codes" /></span>
        <div><p class="what">${left} of 10 codes left</p>${left <= FEW && html`<p class="why">Make new ones before they run out.</p>`}</div>
        <div class="act"><button class="btn btn-sm" type="button" aria-busy=${act.busy === "renew"} onClick=${renew}>Make new codes</button></div>
      </li></ul>`}
      <${Fault} id="codes-fault" words=${act.failure} />
    </section>`;
}
