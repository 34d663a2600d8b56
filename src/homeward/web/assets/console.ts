/** The operator's console. */

import { followPins } from "./console/fleets";
import { liveBoard } from "./console/board";
import { followCourier } from "./console/story";
import { lazyMap } from "./shared/map/lazy";
import { startPage } from "./shared/page";

startPage({ live: liveBoard, "follow-courier": followCourier, "follow-pins": followPins, map: lazyMap });
