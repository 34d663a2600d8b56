/** The operator's console. */

import "./styles/routes.css";
import { followPins } from "./console/fleets";
import { chooseAll } from "./console/choose";
import { liveBoard } from "./console/board";
import { palette } from "./console/palette";
import { followCourier } from "./console/story";
import { routeBoard } from "./console/routes";
import { lazyMap } from "./shared/map/lazy";
import { startPage } from "./shared/page";

startPage({
  "choose-all": chooseAll, palette, live: liveBoard, "follow-courier": followCourier, "follow-pins": followPins, routes: routeBoard, map: lazyMap,
});
