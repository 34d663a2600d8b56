/** The courier's app. */

import "./styles/courier.css";
import { countdown } from "./courier/countdown";
import { labels } from "./courier/labels";
import { photo } from "./courier/photo";
import { ride } from "./courier/ride";
import { scan } from "./courier/scan";
import { sign } from "./courier/sign";
import { lazyMap } from "./shared/map/lazy";
import { startPage } from "./shared/page";

startPage({ map: lazyMap, ride, countdown, photo, sign, scan, labels });
if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/courier/worker.js", { scope: "/courier" }).catch(() => undefined);
