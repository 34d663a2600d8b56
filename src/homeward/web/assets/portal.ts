/** The merchants' portal. */

import { lazyMap } from "./shared/map/lazy";
import { startPage } from "./shared/page";
import { suggest } from "./shared/suggest";

startPage({ map: lazyMap, suggest });
