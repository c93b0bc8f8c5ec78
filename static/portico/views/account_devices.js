// Where the person is signed in: one row a session, each can be ended.

import { html } from "../../vendor/preact-htm.js";
import { all, post, remove } from "../api.js";
import { age, fullMoment, shortDay } from "../format.js";
import { useAct } from "../parts/acts.js";
import { Fault } from "../parts/fields.js";
import { Icon } from "../parts/icons.js";
import { Part } from "../parts/states.js";
import * as session from "../session.js";
import { useResource } from "../store.js";

const BROWSERS = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
const SYSTEMS = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Mac OS X", "Mac"], ["Windows", "Windows"], ["CrOS", "ChromeOS"], ["Linux", "Linux"]];
const WAYS = {
  password: "password", magic_link: "mail link", passkey: "passkey", oauth: "company sign-in", saml: "company sign-in", exchange: "company sign-in",
  totp: "app code", recovery: "recovery code",
};

const found = (pairs, text) => pairs.find(([mark]) => text.includes(mark))?.[1];

/** "Firefox on Windows"; what is no browser keeps its first word. */
export function deviceName(agent) {
  const browser = found(BROWSERS, agent);
  const system = found(SYSTEMS, agent);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? (agent.split(/[\s/]/u)[0] || "Unknown device");
}

const wayWords = (method) => method.split("+").map((part) => WAYS[part] ?? part.replaceAll("_", " ")).join(" and ");

export function Devices() {
  const devices = useResource("sessions", () => all("/auth/sessions", { sort: "-created_at" }), ["session.", "user.signed_in"]);
  const act = useAct();
  const own = session.ownId();
  const end = (row) => act.run(row.id, async () => {
    await remove(`/auth/sessions/${row.id}`);
    devices.reload();
  }, `${deviceName(row.user_agent)} is signed out.`);
  const endAll = () => act.run("all", async () => {
    await post("/auth/logout-all");
    session.end();
  });
  return html`
    <section aria-labelledby="devices-title">
      <h2 class="section" id="devices-title">Where you are signed in</h2>
      <p class="soft head">Sign out what you do not know, and change your password then.</p>
      <${Fault} id="devices-fault" words=${act.failure} />
      <${Part} of=${devices} what="your devices">${(rows) => html`
        <ul class="rows sheet">${rows.map((row) => html`
          <li key=${row.id}>
            <span class=${`niche${row.id === own ? " niche-accent" : ""}`}><${Icon} name="device" /></span>
            <div><p class="what">${deviceName(row.user_agent)}</p>
              <p class="why">With ${wayWords(row.method)}, from ${row.ip || "an unknown address"}</p>
              <p class="meta" title=${fullMoment(row.last_used_at)}>Since ${shortDay(row.created_at.slice(0, 10))}, last used ${age(row.last_used_at)}</p></div>
            <div class="act">${row.id === own
    ? html`<span class="badge badge-good">This device</span>`
    : html`<button class="btn btn-sm" type="button" aria-busy=${act.busy === row.id} onClick=${() => end(row)}>Sign out<span class="vh">: ${deviceName(row.user_agent)}</span></button>`}</div>
          </li>`)}</ul>
        ${rows.length > 1 && html`<p class="pad-t"><button class="btn btn-sm" type="button" aria-busy=${act.busy === "all"} onClick=${endAll}>Sign out everywhere, here too</button></p>`}`}<//>
    </section>`;
}
