// Account security: what is asked at sign-in, and where the person is signed in now.

import { html, useState } from "../../vendor/preact-htm.js";
import { all, get } from "../api.js";
import { Part, Quiet } from "../parts/states.js";
import { useProof } from "../parts/proof.js";
import { Heading } from "../parts/ui.js";
import { useResource } from "../store.js";
import { AppSection } from "./account_app.js";
import { CodesSection } from "./account_codes.js";
import { Devices } from "./account_devices.js";
import { PasskeySection } from "./account_passkeys.js";
import { PasswordSection } from "./account_password.js";

const load = async () => {
  const [factors, codes] = await Promise.all([all("/auth/factors"), get("/auth/recovery-codes")]);
  return { factors, left: codes.data.left };
};

export function AccountPage() {
  const factors = useResource("factors", load, ["audit."]);
  const [guard, dialog] = useProof();
  const [fresh, setFresh] = useState(null); // codes that were just made, shown once
  const [changed, setChanged] = useState(0); // a new password signs other devices out
  const added = (codes) => {
    if (codes?.length) setFresh(codes);
    factors.reload();
  };
  return html`
    <div class="masthead"><${Heading} title="Account security" />
      <p class="lead">Two steps at sign-in keep others out, even when they know your password.</p></div>
    <div class="stack-lg narrow">
      <${Part} of=${factors} what="your sign-in steps">${({ factors: rows, left }) => html`
        <div class="stack-lg">
          ${!rows.length && html`<${Quiet} title="Only your password protects this account">Add a passkey or an authenticator app. It takes two minutes.<//>`}
          <${PasskeySection} keys=${rows.filter((row) => row.kind === "passkey")} guard=${guard} onChange=${added} />
          <${AppSection} app=${rows.find((row) => row.kind === "totp")} guard=${guard} onChange=${added} />
          ${(rows.length > 0 || fresh) && html`<${CodesSection} left=${left} fresh=${fresh} onSeen=${() => setFresh(null)} guard=${guard} onMade=${added} />`}
        </div>`}<//>
      <${PasswordSection} onChange=${() => setChanged(changed + 1)} />
      <${Devices} key=${changed} />
    </div>
    ${dialog}`;
}
