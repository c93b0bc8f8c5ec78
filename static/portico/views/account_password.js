// The password of the account page. Whoever changes it stays signed in here and nowhere else.

import { html, useRef, useState } from "../../vendor/preact-htm.js";
import { put } from "../api.js";
import { Fault } from "../parts/fields.js";
import { Icon } from "../parts/icons.js";
import { useAct } from "../parts/acts.js";

const wrong = (error) => {
  if (error.code === "INVALID_CREDENTIALS") return "The present password is not right.";
  return error.details?.[0]?.message ?? error.words ?? "Our server failed. Try again in a moment.";
};

const Password = ({ id, label, field, autocomplete }) => html`
  <div class="field"><label class="label" for=${id}>${label}</label>
    <input class="input" id=${id} ref=${field} type="password" autocomplete=${autocomplete} maxlength="128" required /></div>`;

export function PasswordSection({ onChange }) {
  const [open, setOpen] = useState(false);
  const [failure, setFailure] = useState("");
  const act = useAct();
  const [heading, present, next] = [useRef(null), useRef(null), useRef(null)];
  const leave = () => {
    setOpen(false);
    setFailure("");
    heading.current.focus();
  };
  const submit = (event) => {
    event.preventDefault();
    act.run("change", async () => {
      setFailure("");
      try {
        await put("/users/me/password", { current_password: present.current.value, new_password: next.current.value });
      } catch (error) {
        present.current.value = "";
        setFailure(wrong(error));
        return;
      }
      leave();
      onChange();
    }, "");
  };

  return html`
    <section aria-labelledby="password-title">
      <h2 class="section" id="password-title" ref=${heading} tabindex="-1">Password</h2>
      <p class="soft head">A new one signs out all your other devices, and you get a mail about it.</p>
      ${open
    ? html`<form class="sheet pad stack" onSubmit=${submit} aria-label="Change the password">
          <${Password} id="present" label="Present password" field=${present} autocomplete="current-password" />
          <${Password} id="next" label="New password, 8 characters or more" field=${next} autocomplete="new-password" />
          <button class="btn btn-primary btn-wide" type="submit" aria-busy=${Boolean(act.busy)}>Change the password</button>
          <button class="btn btn-wide" type="button" onClick=${leave}>Cancel</button>
        </form>`
    : html`<p><button class="btn" type="button" onClick=${() => setOpen(true)}><${Icon} name="key" />Change the password</button></p>`}
      <${Fault} id="password-fault" words=${failure} />
    </section>`;
}
