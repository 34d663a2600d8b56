/** Light or dark: what the system says until a person chooses; the choice is a cookie, so the server renders it. */

export type Scheme = "light" | "dark";

export function schemeNow(root: HTMLElement, systemIsDark: boolean): Scheme {
  const chosen = root.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return systemIsDark ? "dark" : "light";
}

const systemDark = () => matchMedia("(prefers-color-scheme: dark)");

/** Keeps `data-scheme` on the root true; maps and charts read it and listen to `scheme`. */
export function watchScheme(): void {
  const root = document.documentElement;
  const tell = () => {
    root.dataset["scheme"] = schemeNow(root, systemDark().matches);
    document.dispatchEvent(new CustomEvent("scheme"));
  };
  systemDark().addEventListener("change", tell);
  new MutationObserver(tell).observe(root, { attributeFilter: ["data-theme"] });
  tell();
}

export function currentScheme(): Scheme {
  return schemeNow(document.documentElement, systemDark().matches);
}

export function themeToggle(button: HTMLElement): void {
  button.hidden = false;
  button.addEventListener("click", () => {
    const next: Scheme = currentScheme() === "dark" ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
  });
}
