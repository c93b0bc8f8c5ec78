// One act of a person on the account page: busy while it runs, words when it is refused, a word when
// it is done. A dialog that was closed is no refusal.

import { useState } from "../../vendor/preact-htm.js";
import * as webauthn from "../webauthn.js";
import { Cancelled } from "./proof.js";
import { say } from "./ui.js";

const WORDS = { GONE: "This step ran out. Start again." };

export function useAct() {
  const [state, setState] = useState({ busy: "", failure: "" });
  const run = async (name, work, done = "") => {
    if (state.busy) return;
    setState({ busy: name, failure: "" });
    try {
      await work();
      setState({ busy: "", failure: "" });
      if (done) say(done);
    } catch (error) {
      setState({ busy: "", failure: error instanceof Cancelled ? "" : WORDS[error.code] ?? webauthn.wordsFor(error) });
    }
  };
  return { ...state, run };
}
