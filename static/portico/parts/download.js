// A button that fetches a file with the person's sign-in and hands it to the browser to keep. A plain
// link could not do it: the bytes need the access token, and a token never stands in an address.

import { html, useState } from "../../vendor/preact-htm.js";
import { blob } from "../api.js";
import { say } from "./ui.js";

const KEPT = 60_000;

function keep(bytes, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(bytes);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}

export function Download({ path, name, label, small = false }) {
  const [state, setState] = useState({ busy: false, error: null });
  const fetchIt = async () => {
    if (state.busy) return;
    setState({ busy: true, error: null });
    try {
      keep(await blob(path), name);
      setState({ busy: false, error: null });
      say(`${name} is downloaded.`);
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return html`
    <p><button class=${`btn${small ? " btn-sm" : ""}`} type="button" aria-busy=${state.busy} onClick=${fetchIt}>${label}</button></p>
    ${state.error && html`<p class="error" role="alert">${state.error.words} ${state.error.requestId && html`<span class="meta">Number <span class="mono">${state.error.requestId}</span></span>`}</p>`}`;
}
