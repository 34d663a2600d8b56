/** The operator's console. */

import { lazyMap } from "./shared/map/lazy";
import { startPage } from "./shared/page";

startPage({ map: lazyMap });
