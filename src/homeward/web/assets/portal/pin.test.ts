import { expect, test } from "vitest";
import { pinIntoForm } from "./pin";

test("a dragged pin fills the form beside its map", () => {
  document.body.innerHTML = `<section class="card"><div data-map></div><form data-pin><input name="lat" value="1"><input name="lon" value="2"></form></section>`;
  pinIntoForm(document.querySelector("form")!);
  document
    .querySelector("[data-map]")!
    .dispatchEvent(new CustomEvent("map:moved", { bubbles: true, detail: { id: "door", lat: 47.1412345678, lon: 9.52 } }));
  expect([...document.querySelectorAll("input")].map((input) => input.value)).toEqual(["47.141235", "9.520000"]);
});
