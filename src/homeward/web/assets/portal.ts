/** The merchants' portal. */

import { brandPreview } from "./portal/brand";
import { busy } from "./portal/busy";
import { pinIntoForm } from "./portal/pin";
import { lazyMap } from "./shared/map/lazy";
import { startPage } from "./shared/page";
import { suggest } from "./shared/suggest";

startPage({ map: lazyMap, suggest, pin: pinIntoForm, busy, brand: brandPreview });
