// How sums, dates and times are written. The person's own language and time zone decide; both come
// from `/users/me` once it is known, until then from the browser.

const DAY = 86_400_000;
const NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"];

let locale = navigator.language || "en";
let timeZone;

/** A bare "en" is written as this browser writes English, when it knows a country for it. */
function spoken(language) {
  if (!language || language.includes("-")) return language || locale;
  return navigator.languages.find((one) => one.startsWith(`${language}-`)) ?? language;
}

export function setPerson(person) {
  try {
    const wanted = spoken(person.locale);
    new Intl.DateTimeFormat(wanted, { timeZone: person.timezone || undefined });
    locale = wanted;
    timeZone = person.timezone || undefined;
  } catch {
    timeZone = undefined; // a zone or language this browser does not know: its own are used
  }
}

function written(options, value) {
  return new Intl.DateTimeFormat(locale, { timeZone, ...options }).format(value);
}

/** "2026-11-20" of a moment, in the person's zone. */
export function dayOf(moment) {
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(moment));
}

const noon = (day) => new Date(`${day}T12:00:00Z`);
const daysBetween = (from, to) => Math.round((noon(to) - noon(from)) / DAY);

export const today = () => dayOf(new Date());

/** Minor units to "€1,689.40", with a real minus sign and the decimals the currency has. */
export function money(value, { symbol = true } = {}) {
  if (!value) return "";
  const kind = { style: "currency", currency: value.currency };
  let form = new Intl.NumberFormat(locale, kind);
  const { minimumFractionDigits: decimals } = form.resolvedOptions();
  if (!symbol) form = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return form.format(value.amount / 10 ** decimals).replace("-", "−");
}

/** A day without a time: "20 Nov 2026" in tables and documents. */
export const shortDay = (day) => (day ? plainDay(day, { day: "numeric", month: "short", year: "numeric" }) : "");

function plainDay(day, options) {
  return new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(noon(day));
}

/** A day in a sentence: "27 November", with the year when it is another one. */
export function longDay(day) {
  const year = day.slice(0, 4) === today().slice(0, 4) ? undefined : "numeric";
  return plainDay(day, { day: "numeric", month: "long", year });
}

export const weekdayToday = () => written({ weekday: "long", day: "numeric", month: "long" }, new Date());

export const clock = (time) => written({ hour: "2-digit", minute: "2-digit" }, new Date(time));

/** "today", "yesterday", a weekday for six days, then the date. */
export function nearDay(time) {
  const day = dayOf(new Date(time));
  const age = daysBetween(day, today());
  if (age === 0) return "today";
  if (age === 1) return "yesterday";
  if (age > 1 && age < 7) return written({ weekday: "long" }, new Date(time));
  return longDay(day);
}

export const moment = (time) => `${nearDay(time)}, ${clock(time)}`;

export function fullMoment(time) {
  return `${written({ day: "numeric", month: "long", year: "numeric" }, new Date(time))}, ${clock(time)}`;
}

/** "just now", "12 minutes ago", "2 hours ago", then the day. */
export function age(time) {
  const minutes = Math.floor((Date.now() - new Date(time)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${count(minutes, "minute")} ago`;
  if (minutes < 720) return `${count(Math.floor(minutes / 60), "hour")} ago`;
  return nearDay(time);
}

/** How long something has waited: "3 hours", "4 days". */
export function waited(time) {
  const hours = Math.max(0, Math.floor((Date.now() - new Date(time)) / 3_600_000));
  if (hours < 1) return "new";
  return hours < 24 ? count(hours, "hour") : count(Math.floor(hours / 24), "day");
}

/** A due date as words and a tone: late, soon or none. Due dates have no time. */
export function due(day) {
  if (!day) return { words: "", tone: "" };
  const left = daysBetween(today(), day);
  if (left < 0) return { words: `${count(-left, "day")} late`, tone: "late", days: left };
  if (left === 0) return { words: "Due today", tone: "soon", days: left };
  if (left === 1) return { words: "Due tomorrow", tone: "", days: left };
  return { words: `Due ${longDay(day)}`, tone: "", days: left };
}

export const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** Numbers up to twelve are words in titles. */
export const inWords = (number) => NUMBERS[number] ?? String(number);

export function greeting(name) {
  const hour = Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit" }).format(new Date()));
  const part = hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening";
  return name ? `Good ${part}, ${name}` : `Good ${part}`;
}

export function zoneWords() {
  const zone = timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return zone === "UTC" ? "Times are UTC" : `Times are ${zone.split("/").pop().replaceAll("_", " ")} time`;
}

export function initials(name) {
  const words = (name || "").trim().split(/\s+/u);
  return ((words[0]?.[0] ?? "") + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase() || "·";
}

/** Bytes as "2.2 KB". */
export function bytes(number) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(number, 1)) / 3));
  const form = { style: "unit", unit: units[step], maximumFractionDigits: step ? 1 : 0 };
  return new Intl.NumberFormat(locale, form).format(number / 1000 ** step);
}

/** "Ada", "Ada and Bob", "Ada, Bob and Cy". */
export const listed = (words, type = "conjunction") => new Intl.ListFormat("en", { type }).format(words);

/** A fingerprint in groups of four, shortened: "9f2c 41d8 … 07aa b71e". */
export function fingerprint(hash) {
  if (!hash) return "";
  const groups = hash.match(/.{1,4}/gu);
  return groups.length <= 4 ? groups.join(" ") : [...groups.slice(0, 2), "…", ...groups.slice(-2)].join(" ");
}
