import { expect, test } from "vitest";
import { chooseAll } from "./choose";

function table(): HTMLInputElement {
  const box = '<input type="checkbox" name="ids">';
  document.body.innerHTML = `<table><tr><td><label hidden><input id="all" type="checkbox" data-choose-all="ids"></label></td></tr>
    <tr><td>${box}${box}</td></tr></table><span data-chosen></span>`;
  const all = document.querySelector<HTMLInputElement>("#all")!;
  chooseAll(all);
  return all;
}

const boxes = () => [...document.querySelectorAll<HTMLInputElement>('[name="ids"]')];
const told = () => document.querySelector("[data-chosen]")!.textContent;

test("one box chooses all, and says how many", () => {
  const all = table();
  all.click();
  expect(boxes().every((one) => one.checked)).toBe(true);
  expect(told()).toBe("2 chosen");
});

test("some of them are shown as neither all nor none", () => {
  const all = table();
  boxes()[0]!.click();
  expect([all.checked, all.indeterminate, told()]).toEqual([false, true, "1 chosen"]);
  boxes()[1]!.click();
  expect([all.checked, all.indeterminate]).toEqual([true, false]);
});
