// The frame around every signed-in page: top bar for contacts, side list for the studio, the
// connection line, the account menu and the foot.

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { initials, zoneWords } from "../format.js";
import { fullName } from "../names.js";
import { skipToMain } from "../router.js";
import * as session from "../session.js";
import * as socket from "../socket.js";
import { setTheme, theme } from "../theme.js";
import { Icon, Mark } from "./icons.js";
import { Notice } from "./states.js";
import { Avatar } from "./ui.js";

const studio = () => document.documentElement.dataset.studio;
const ROLES = { owner: "Owner", admin: "Administrator", staff: "Studio", accountant: "Accountant", client: "Client" };
const CLIENT_PLACES = [
  { name: "home", label: "Home", icon: "home", also: ["approvals"] },
  { name: "projects", label: "Projects", icon: "project" },
  { name: "messages", label: "Messages", icon: "message", also: ["conversations"] },
  { name: "invoices", label: "Invoices", icon: "invoice" },
];
const STAFF_PLACES = [
  { name: "home", label: "Today", icon: "today" },
  { name: "messages", label: "Messages", icon: "message", also: ["conversations"] },
  { name: "projects", label: "Projects", icon: "project" },
  { name: "approvals", label: "Approvals", icon: "approval" },
  { name: "invoices", label: "Money", icon: "invoice" },
];

const places = () => STAFF_PLACES.filter((place) => place.name !== "approvals" || session.seesApprovals());

function Place({ place, route, count }) {
  const here = place.name === route.name || place.also?.includes(route.name);
  return html`
    <a href=${`#/${place.name === "home" ? "" : place.name}`} aria-current=${here ? "page" : undefined}>
      <${Icon} name=${place.icon} /><span>${place.label}</span>
      ${count > 0 && html`<span class="count" aria-hidden="true">${count}</span><span class="vh">, ${count} waiting</span>`}
    </a>`;
}

const Brand = () => html`
  <a class="brand" href="#/" aria-label=${`${studio()}, home`}><${Mark} /><span>${studio()}</span></a>`;

export function Shell({ route, counts, children }) {
  const inner = html`<${Connection} />${children}`;
  return html`
    <a class="skip" href="#main" onClick=${skipToMain}>Skip to content</a>
    ${session.isStaff() ? html`<${Desk} route=${route} counts=${counts}>${inner}<//>` : html`<${Front} route=${route} counts=${counts}>${inner}<//>`}`;
}

const Front = ({ route, counts, children }) => html`
  <header class="topbar"><div class="wrap">
    <${Brand} />
    <nav class="tabs" aria-label="Main">
      ${CLIENT_PLACES.map((place) => html`<${Place} place=${place} route=${route} count=${counts[place.name]} key=${place.name} />`)}
    </nav>
    <div class="end"><${Account} /></div>
  </div></header>
  <main id="main" class="wrap page" tabindex="-1">${children}</main>
  <${Foot} />`;

const Desk = ({ route, counts, children }) => html`
  <div class="desk">
    <aside class="side" aria-label="Studio"><div>
      <${Brand} />
      <nav aria-label="Main">
        ${[places().slice(0, 3), places().slice(3)].map((group) => html`
          <ul>${group.map((place) => html`<li key=${place.name}><${Place} place=${place} route=${route} count=${counts[place.name]} /></li>`)}</ul>`)}
      </nav>
      <${Me} />
    </div></aside>
    <div>
      <header class="deskbar"><${Brand} /><div class="end"><${Account} /></div></header>
      <main id="main" class="deskpage" tabindex="-1">${children}</main>
    </div>
    <nav class="tabs" aria-label="Main, small screen">
      ${places().map((place) => html`<${Place} place=${place} route=${route} count=${counts[place.name]} key=${place.name} />`)}
    </nav>
  </div>`;

function Me() {
  const person = session.user();
  return html`
    <div class="foot person"><${Avatar} name=${fullName(person)} us />
      <span><span class="label">${fullName(person)}</span><br /><span class="meta">${ROLES[person.role] ?? person.role}</span></span></div>`;
}

const Foot = () => html`<footer class="wrap"><div class="colophon"><span>${studio()}</span><span>${zoneWords()}</span></div></footer>`;

const LINES = {
  offline: "You are offline. What you write is kept and goes out by itself.",
  lost: "We cannot reach the studio’s server just now. What you write is kept, and we keep trying.",
};

function Connection() {
  const [state, setState] = useState(socket.state());
  useEffect(() => socket.on("state", setState), []);
  return html`<div role="status">${LINES[state] && html`<div class="connection"><${Notice} tone="wait">${LINES[state]}<//></div>`}</div>`;
}

function Account() {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  const button = useRef(null);
  const person = session.user();
  const name = fullName(person);
  useEffect(() => {
    if (!open) return undefined;
    const away = (event) => !box.current?.contains(event.target) && setOpen(false);
    const keys = (event) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    document.addEventListener("keydown", keys);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
      document.removeEventListener("keydown", keys);
    };
  }, [open]);
  return html`
    <div class="menu" ref=${box}>
      <button class="icon-btn" type="button" ref=${button} aria-expanded=${open} aria-controls="account" aria-label=${`${initials(name)}: your account, ${name}`} onClick=${() => setOpen(!open)}>
        <${Avatar} name=${name} us=${session.isStaff()} />
      </button>
      <div class="menu-panel stack" id="account" hidden=${!open}>
        <div><p class="label">${name}</p><p class="meta">${person.email}</p><p class="meta">${ROLES[person.role] ?? person.role}, ${person.organization?.name ?? studio()}</p></div>
        <p><a class="btn btn-sm btn-wide" href="#/account" onClick=${() => setOpen(false)}><${Icon} name="key" small />Account security</a></p>
        <${ThemeSwitch} />
        <button class="btn btn-sm btn-wide" type="button" onClick=${session.signOut}><${Icon} name="leave" small />Sign out</button>
      </div>
    </div>`;
}

function ThemeSwitch() {
  const [chosen, setChosen] = useState(theme());
  const choose = (choice) => {
    setTheme(choice);
    setChosen(choice);
  };
  return html`
    <div class="stack-sm">
      <p class="label" id="theme-label">Theme</p>
      <div class="segment" role="group" aria-labelledby="theme-label">
        ${["system", "light", "dark"].map((choice) => html`
          <button type="button" key=${choice} aria-pressed=${chosen === choice} onClick=${() => choose(choice)}>${choice[0].toUpperCase() + choice.slice(1)}</button>`)}
      </div>
    </div>`;
}
