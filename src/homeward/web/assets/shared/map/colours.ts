/** The map's colours, quiet so that what moves stands out; one set for each scheme. */

import type { Scheme } from "../theme";

export interface MapColours {
  ground: string;
  park: string;
  wood: string;
  sand: string;
  built: string;
  water: string;
  building: string;
  buildingEdge: string;
  motorway: string;
  motorwayCase: string;
  main: string;
  mainCase: string;
  minor: string;
  minorCase: string;
  path: string;
  rail: string;
  text: string;
  textSoft: string;
  halo: string;
  waterText: string;
  route: string;
  routeCase: string;
  routeDone: string;
  area: string;
}

const LIGHT: MapColours = {
  ground: "#f3f2ee",
  park: "#dcebd3",
  wood: "#d0e3c8",
  sand: "#f3ead2",
  built: "#ebeae6",
  water: "#b9d7ea",
  building: "#e2dfd8",
  buildingEdge: "#d3cfc6",
  motorway: "#f5c88a",
  motorwayCase: "#dfa862",
  main: "#fdebc3",
  mainCase: "#e3cc9b",
  minor: "#ffffff",
  minorCase: "#dcd9d2",
  path: "#cbc4b6",
  rail: "#bdb9b2",
  text: "#3b4252",
  textSoft: "#6b7080",
  halo: "#ffffff",
  waterText: "#4b7fa3",
  route: "#3448c5",
  routeCase: "#ffffff",
  routeDone: "#8a93b8",
  area: "#3448c5",
};

const DARK: MapColours = {
  ground: "#161a21",
  park: "#1a2a22",
  wood: "#18281f",
  sand: "#2a2721",
  built: "#1b2028",
  water: "#10283b",
  building: "#222832",
  buildingEdge: "#2b323e",
  motorway: "#6a5530",
  motorwayCase: "#2a2419",
  main: "#474233",
  mainCase: "#1d1f22",
  minor: "#333b48",
  minorCase: "#1b2028",
  path: "#3a4049",
  rail: "#3a4049",
  text: "#cfd6e3",
  textSoft: "#98a2b5",
  halo: "#12151b",
  waterText: "#6f9dbd",
  route: "#8b9bff",
  routeCase: "#0f1218",
  routeDone: "#565f85",
  area: "#8b9bff",
};

export function coloursOf(scheme: Scheme): MapColours {
  return scheme === "dark" ? DARK : LIGHT;
}
