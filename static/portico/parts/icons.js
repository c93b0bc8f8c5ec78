// Line icons of the house, drawn on 24 × 24, and the mark.

import { html } from "../../vendor/preact-htm.js";

const PATHS = {
  home: ["M4 20V11a8 8 0 0 1 16 0v9", "M9 20v-7a3 3 0 0 1 6 0v7M3 20h18"],
  today: ["M4 6h16v14H4ZM4 10.5h16M8.5 3.5V7M15.5 3.5V7", "M8 14h3v3H8Z"],
  project: ["M4 20v-9a3 3 0 0 1 6 0v9M14 20v-9a3 3 0 0 1 6 0v9M3 20h18M3 4h18"],
  message: ["M20 11.5c0 4-3.6 7-8 7-1.2 0-2.4-.2-3.4-.6L4 19.5l1.3-3.6A6.6 6.6 0 0 1 4 11.5c0-4 3.6-7 8-7s8 3 8 7Z"],
  invoice: ["M6 3h12v18l-3-2-3 2-3-2-3 2Z", "M9.5 8.5h5M9.5 12.5h5"],
  approval: ["M4 5h16v14H4Z", "M8 13l2.5 2.5L16 9.5"],
  mail: ["M3.5 6h17v12h-17Z", "m4 7 8 6 8-6"],
  back: ["M14.5 6 8.5 12l6 6"],
  info: ["M12 11v5.5M12 7.5v.5", "M3.5 12a8.5 8.5 0 1 0 17 0 8.5 8.5 0 1 0-17 0Z"],
  alert: ["M12 7v6M12 16v.5", "M3.5 12a8.5 8.5 0 1 0 17 0 8.5 8.5 0 1 0-17 0Z"],
  done: ["M8 12.5l2.8 2.8L16 9.5", "M3.5 12a8.5 8.5 0 1 0 17 0 8.5 8.5 0 1 0-17 0Z"],
  wait: ["M12 7v5.5l3.5 2", "M3.5 12a8.5 8.5 0 1 0 17 0 8.5 8.5 0 1 0-17 0Z"],
  key: ["M14.5 9.5 20 4M17.5 6.5 20 9M4 15.5a4.5 4.5 0 1 0 9 0 4.5 4.5 0 1 0-9 0Z", "M12 12.5l2.5-3"],
  phone: ["M7.5 3h9v18h-9Z", "M11 18h2"],
  device: ["M4 5h16v11H4ZM9 20h6M12 16v4"],
  codes: ["M5 4h14v16H5Z", "M8.5 8.5h2M8.5 12h2M8.5 15.5h2M13.5 8.5h2M13.5 12h2M13.5 15.5h2"],
  leave: ["M14 4h5v16h-5M4 12h10M10.5 8 14.5 12l-4 4"],
};

export const Icon = ({ name, small = false }) => html`
  <svg class=${`icon${small ? " icon-sm" : ""}${name === "back" ? " flip" : ""}`} viewBox="0 0 24 24" aria-hidden="true">
    ${PATHS[name].map((path) => html`<path d=${path} />`)}
  </svg>`;

/** The studio's own logo where it has one, else the mark of the house. */
export const Mark = ({ class: name }) => document.documentElement.dataset.logo
  ? html`<img class=${name} src=${document.documentElement.dataset.logo} alt="" />`
  : html`
  <svg class=${name} viewBox="0 0 40 44" aria-hidden="true">
    <path fill="currentColor" d="M2 44V20a18 18 0 0 1 36 0v24h-7V22a11 11 0 0 0-22 0v22Z" />
    <path fill="currentColor" opacity=".55" d="M15 44V24a5 5 0 0 1 10 0v20Z" />
  </svg>`;

export const Scene = () => html`
  <svg class="scene" viewBox="0 0 136 112" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
    <path d="M4 108h128M14 108V58a18 18 0 0 1 36 0v50M86 108V58a18 18 0 0 1 36 0v50" />
    <path d="M50 108V44a18 18 0 0 1 36 0v64" stroke-width="2.5" />
    <path d="M8 22h120M14 14h108" opacity=".6" />
  </svg>`;
