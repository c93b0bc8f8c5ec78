// The page at `/`: sign-in, and behind it the views. Everything it shows comes from /api/v1/ and /ws.

import { html, render, useEffect, useState } from "../vendor/preact-htm.js";
import { get } from "./api.js";
import { forgetDrafts } from "./drafts.js";
import { setPerson } from "./format.js";
import { flush } from "./outbox.js";
import { forgetActivity } from "./parts/activity.js";
import { Shell } from "./parts/shell.js";
import { pending, unread, useApprovals, useConversations, useInvoices, waitingForClient } from "./resources.js";
import { useRoute, wantFocus } from "./router.js";
import * as session from "./session.js";
import * as socket from "./socket.js";
import * as store from "./store.js";
import { AccountPage } from "./views/account.js";
import { ApprovalPage } from "./views/approval.js";
import { ConversationPage } from "./views/conversation.js";
import { Handoff, isHandoff } from "./views/handoff.js";
import { ClientHome } from "./views/home.js";
import { InvoicePage } from "./views/invoice.js";
import { Approvals, Invoices, Messages, NotFound, Projects } from "./views/lists.js";
import { ProjectPage } from "./views/project.js";
import { SignIn } from "./views/sign_in.js";
import { Today } from "./views/today.js";

const LISTS = { home: null, projects: Projects, approvals: Approvals, invoices: Invoices, messages: Messages, account: AccountPage };
const THINGS = { projects: ProjectPage, approvals: ApprovalPage, invoices: InvoicePage, conversations: ConversationPage };

function viewOf(route) {
  if (route.id) return THINGS[route.name] ?? NotFound;
  if (route.name === "home") return session.isStaff() ? Today : ClientHome;
  if (route.name === "approvals" && !session.seesApprovals()) return NotFound;
  return LISTS[route.name] ?? NotFound;
}

function App() {
  const [person, setPersonState] = useState(session.user());
  useEffect(() => session.onChange(() => {
    if (!session.user()) leave();
    wantFocus();
    setPersonState(session.user());
  }), []);
  const [arriving, setArriving] = useState(isHandoff);
  useEffect(() => {
    const moved = () => setArriving(isHandoff());
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, []);
  if (arriving) return html`<${Handoff} onDone=${() => setArriving(false)} />`;
  return person ? html`<${Inside} key=${person.id} person=${person} />` : html`<${SignIn} />`;
}

function leave() {
  socket.stop();
  store.empty();
  forgetActivity();
  if (!session.wasEnded()) forgetDrafts(); // the person signed out
}

function Inside({ person }) {
  const route = useRoute();
  const [, known] = useState(false);
  useEffect(() => {
    socket.start();
    flush();
    const stops = [socket.on("ready", flush), socket.on("badge", () => store.touchKind("message."))];
    get("/users/me").then(({ data }) => { setPerson(data); known(true); }, () => {});
    return () => stops.forEach((stop) => stop());
  }, [person.id]);
  const counts = useCounts();
  const View = viewOf(route);
  return html`
    <${Shell} route=${route} counts=${counts}><${View} key=${route.path} id=${route.id} query=${route.query} /><//>
    <p class="vh" role="status" id="said"></p>`;
}

/** Counts in the navigation are of things that wait for this person, never news. */
function useCounts() {
  const { data: approvals } = useApprovals();
  const { data: invoices } = useInvoices();
  const { data: conversations } = useConversations();
  const messages = unread(conversations).length;
  if (session.isStaff()) {
    const changes = (approvals ?? []).length - pending(approvals).length;
    return { messages, approvals: changes };
  }
  return { messages, home: waitingForClient(approvals, invoices, conversations).length };
}

const root = document.getElementById("app");
root.textContent = "";
render(html`<${App} />`, root);
