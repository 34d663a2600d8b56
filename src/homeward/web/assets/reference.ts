/** The API reference. */

import "@fontsource-variable/inter/index.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/forms.css";
import "./styles/layout.css";
import "./styles/reference.css";
import { find } from "./reference/find";
import { bindPage } from "./shared/bind";
import { copy } from "./shared/copy";
import { themeToggle, watchScheme } from "./shared/theme";

watchScheme();
bindPage({ "theme-toggle": themeToggle, copy, find });
