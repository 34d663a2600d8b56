import { expect, it } from "vitest";
import { find } from "./find";

it("leaves only the operations that hold what is typed, and no empty groups", () => {
  document.body.innerHTML = `<input type="search" hidden><nav class="ref-nav">
    <details><ul><li data-found="POST /v1/quotes Create quote"></li></ul></details>
    <details><ul><li data-found="GET /v1/stores List stores"></li></ul></details></nav>`;
  const field = document.querySelector("input") as HTMLInputElement;
  find(field);
  expect(field.hidden).toBe(false);
  field.value = " QUOTE";
  field.dispatchEvent(new Event("input"));
  expect([...document.querySelectorAll<HTMLElement>("li")].map((entry) => entry.hidden)).toEqual([false, true]);
  expect([...document.querySelectorAll<HTMLElement>("details")].map((group) => group.hidden)).toEqual([false, true]);
});
