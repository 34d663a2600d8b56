import { expect, test } from "vitest";
import type { Pin } from "../shared/map/map";
import { vehicleData } from "./fleets";

const FREE: Pin = { id: "mac_1", lat: 1, lon: 2, icon: "robot", tone: "ok", label: "Ro 1: free", href: "#mac_1" };

test("longitude comes first, and a vehicle keeps its words and its page", () => {
  const [feature] = vehicleData([FREE]).features;
  expect(feature!.geometry.coordinates).toEqual([2, 1]);
  expect(feature!.properties).toMatchObject({ label: "Ro 1: free", href: "#mac_1", tone: "ok" });
});

test("a vehicle in trouble lies above the crowd", () => {
  const [free, stranded] = vehicleData([FREE, { ...FREE, id: "mac_2", tone: "bad" }]).features;
  expect(stranded!.properties!["rank"]).toBeGreaterThan(free!.properties!["rank"]);
});
