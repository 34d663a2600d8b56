/** What every framed page has: styles, htmx, theme, small helpers. */

import "@fontsource-variable/inter/index.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/components.css";
import "../styles/forms.css";
import "../styles/layout.css";
import htmx from "htmx.org";
import { bindPage, type Behaviour } from "./bind";
import { confirmFirst } from "./confirm";
import { copy } from "./copy";
import { themeToggle, watchScheme } from "./theme";

export function startPage(behaviours: Record<string, Behaviour>): void {
  // What a person folded open or a script made visible stays so when a list refreshes itself.
  htmx.config.morphIgnore = [...(htmx.config.morphIgnore ?? []), "open", "hidden", "aria-expanded"];
  watchScheme();
  bindPage({ "theme-toggle": themeToggle, copy, confirm: confirmFirst, ...behaviours });
}
