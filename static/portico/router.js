// Places behind `#/…`. After a change of place the title is set and the focus goes to the new h1;
// other fragments (the skip link) are left alone.

import { useEffect, useRef, useState } from "../vendor/preact-htm.js";

const studio = () => document.documentElement.dataset.studio;
let focusWanted = false;

/** The next h1 takes the focus: after a move, and after signing in or out. */
export const wantFocus = () => { focusWanted = true; };

/** "#/invoices/0193?status=overdue" → {name: "invoices", id: "0193", query, path}. */
function read() {
  const raw = location.hash.startsWith("#/") ? location.hash.slice(2) : "";
  const [path, query] = raw.split("?");
  const [name, id] = path.split("/");
  return { name: name || "home", id: id || "", query: new URLSearchParams(query), path: `/${path}` };
}

export function useRoute() {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const moved = () => {
      if (location.hash && !location.hash.startsWith("#/")) return;
      wantFocus();
      window.scrollTo(0, 0);
      setRoute(read());
      document.getElementById("main")?.focus({ preventScroll: true });
    };
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, []);
  return route;
}

/** Sets "thing · studio" and returns the ref for the h1, which takes the focus after a move. */
export function usePage(title) {
  const heading = useRef(null);
  useEffect(() => {
    if (title) document.title = `${title} · ${studio()}`;
  }, [title]);
  useEffect(() => {
    if (!heading.current || !focusWanted) return;
    focusWanted = false;
    heading.current.focus({ preventScroll: true });
  });
  useEffect(() => {
    const node = heading.current;
    return () => {
      if (node === document.activeElement) wantFocus(); // the heading of the loading page hands on
    };
  }, []);
  return heading;
}

export function skipToMain(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
