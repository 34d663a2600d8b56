/** Colours of what our pages draw upon the map; the map itself comes with its own style for each theme. */

import type { Scheme } from "../theme";

export interface MapColours {
  ground: string;
  route: string;
  routeCase: string;
  routeDone: string;
  area: string;
  noGo: string;
  text: string;
  halo: string;
}

const LIGHT: MapColours = {
  ground: "#f5f3ee", route: "#3448c5", routeCase: "#ffffff", routeDone: "#8a93b8", area: "#3448c5", noGo: "#c8322b", text: "#161b26", halo: "#ffffff",
};
const DARK: MapColours = {
  ground: "#1d2126", route: "#8b9bff", routeCase: "#0f1218", routeDone: "#565f85", area: "#8b9bff", noGo: "#ff8078", text: "#eceff5", halo: "#0f1218",
};

export function coloursOf(scheme: Scheme): MapColours {
  return scheme === "dark" ? DARK : LIGHT;
}
