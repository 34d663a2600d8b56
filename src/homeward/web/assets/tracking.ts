/** The shopper's page. */

import "@fontsource-variable/inter/index.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/forms.css";
import "./styles/tracking.css";
import { bindPage } from "./shared/bind";
import { lazyMap } from "./shared/map/lazy";
import { watchScheme } from "./shared/theme";
import { bindPinForm, followDelivery } from "./tracking/follow";
import { share } from "./tracking/share";

watchScheme();
bindPage({ map: lazyMap, now: followDelivery, pin: bindPinForm, share });
