/** The operator's console. */

import { liveBoard } from "./console/board";
import { followCourier } from "./console/story";
import { lazyMap } from "./shared/map/lazy";
import { startPage } from "./shared/page";

startPage({ live: liveBoard, "follow-courier": followCourier, map: lazyMap });
