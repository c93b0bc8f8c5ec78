// What a page shows instead of its content: the shape of what comes, nothing yet, a failure.

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Icon, Scene } from "./icons.js";

const SHAPE_AFTER = 150;
const WORDS_AFTER = 2_000;
const WAY_OUT_AFTER = 10_000;

/** 0, then 1 (shape), 2 (with words), 3 (with a way out) as the wait gets longer. */
function usePatience() {
  const [stage, setStage] = useState(0);
  useEffect(() => {
    const timers = [SHAPE_AFTER, WORDS_AFTER, WAY_OUT_AFTER].map((wait, index) => setTimeout(() => setStage(index + 1), wait));
    return () => timers.forEach(clearTimeout);
  }, []);
  return stage;
}

export function Skeleton({ rows = 3, onRetry }) {
  const stage = usePatience();
  if (!stage) return html`<div class="sheet pad hold" aria-busy="true"></div>`;
  return html`
    <div class="sheet pad stack" aria-busy="true">
      ${Array.from({ length: rows }, (_, index) => html`
        <div class="stack-sm" key=${index}><div class="skeleton w-70"></div><div class="skeleton w-40"></div></div>`)}
      <p class="meta" role="status">${stage > 1 ? "Still loading." : html`<span class="vh">Loading</span>`}</p>
      ${stage > 2 && onRetry && html`<p><button class="btn btn-sm" type="button" onClick=${onRetry}>Try again</button></p>`}
    </div>`;
}

/** What failed, that nothing is lost, what to do, and the number to give to the studio. */
export function LoadError({ error, what, onRetry }) {
  return html`
    <div class="notice notice-bad" role="group" aria-label=${`We could not load ${what}`}>
      <${Icon} name="alert" />
      <div class="stack-sm grow">
        <p><b class="label">We could not load ${what}.</b><br />${error.words ?? "The page and the server did not understand each other."}</p>
        ${error.requestId && html`<p class="meta">Number <span class="mono">${error.requestId}</span></p>`}
        <p><button class="btn btn-sm" type="button" onClick=${onRetry}>Try again</button></p>
      </div>
    </div>`;
}

export const Empty = ({ title, children, level: Level = "h2" }) => html`
  <div class="empty sheet"><${Scene} /><${Level} class="section">${title}<//><p>${children}</p></div>`;

export const Quiet = ({ title, children }) => html`
  <div class="empty small sheet"><p class="label">${title}</p>${children && html`<p class="meta">${children}</p>`}</div>`;

const TONES = { info: "info", wait: "wait", good: "done", bad: "alert" };

export const Notice = ({ tone = "info", children, ...rest }) => html`
  <div class=${`notice notice-${tone}`} ...${rest}><${Icon} name=${TONES[tone]} /><div class="grow">${children}</div></div>`;

/** One resource: its shape, its failure or its content. Old content stays while new is loading. */
export function Part({ of, what, rows, children }) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return html`<${LoadError} error=${of.error} what=${what} onRetry=${of.reload} />`;
  return html`<${Skeleton} rows=${rows} onRetry=${of.reload} />`;
}
