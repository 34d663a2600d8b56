import { expect, test } from "vitest";
import { count, courierData, courierSvg, type Snapshot } from "./board";

const SNAPSHOT: Snapshot = {
  couriers: [
    { id: "cou_1", lat: 1, lon: 2, heading: 90, vehicle: "bicycle", state: "idle", label: "Ada", name: "Ada" },
    { id: "cou_2", lat: 3, lon: 4, heading: null, vehicle: "car", state: "busy", label: "Bo", name: "Bo" },
  ],
  doors: [],
};

test("longitude comes first on the map", () => {
  expect(courierData(SNAPSHOT).features[0]!.geometry.coordinates).toEqual([2, 1]);
});

test("a courier who stands still gets no arrow", () => {
  const [moving, standing] = courierData(SNAPSHOT).features;
  expect(moving!.properties).toHaveProperty("heading", 90);
  expect(standing!.properties).not.toHaveProperty("heading");
});

test("the counts follow the snapshot", () => {
  document.body.innerHTML = `<b data-count="idle">9</b><b data-count="busy">9</b>`;
  count(document.body, SNAPSHOT);
  expect([...document.querySelectorAll("b")].map((b) => b.textContent)).toEqual(["1", "1"]);
});

test("a lost courier looks different without colour", () => {
  expect(courierSvg("bicycle", "lost")).toContain("stroke-dasharray");
  expect(courierSvg("bicycle", "busy")).not.toContain("stroke-dasharray");
});
