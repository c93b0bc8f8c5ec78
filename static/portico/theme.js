// Light, dark or as the system says. The choice is a cookie, so that the server writes it into the
// page and nothing flashes.

const YEAR = 31_536_000;
const SCHEME = { light: "light", dark: "dark", system: "light dark" };

export const theme = () => document.documentElement.dataset.theme || "system";

export function setTheme(choice) {
  const root = document.documentElement;
  if (choice === "system") delete root.dataset.theme;
  else root.dataset.theme = choice;
  document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", SCHEME[choice]);
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${choice}; Path=/; Max-Age=${choice === "system" ? 0 : YEAR}; SameSite=Lax${secure}`;
}
