/** The operator's console. */

import "./styles/routes.css";
import { followPins } from "./console/fleets";
import { liveBoard } from "./console/board";
import { followCourier } from "./console/story";
import { routeBoard } from "./console/routes";
import { lazyMap } from "./shared/map/lazy";
import { startPage } from "./shared/page";

startPage({ live: liveBoard, "follow-courier": followCourier, "follow-pins": followPins, routes: routeBoard, map: lazyMap });
