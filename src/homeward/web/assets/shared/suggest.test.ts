import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Combobox, type Suggestion } from "./suggest";

const STREETS: Suggestion[] = [{ text: "Mill Lane 1, Harbour Town" }, { text: "Mill Lane 2, Harbour Town" }];

let input: HTMLInputElement;

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `<div id="holder"><input></div>`;
  input = document.querySelector("input")!;
  new Combobox(document.querySelector("#holder")!, input, async () => STREETS);
});

afterEach(() => vi.useRealTimers());

async function type(text: string): Promise<void> {
  input.value = text;
  input.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(500);
}

function press(key: string): void {
  input.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
}

const options = () => [...document.querySelectorAll<HTMLElement>("[role=option]")];

test("two letters ask for nothing", async () => {
  await type("Mi");
  expect(options()).toHaveLength(0);
});

test("arrow and enter choose without a mouse", async () => {
  const changed = vi.fn();
  input.addEventListener("change", changed);
  await type("Mill");
  expect(input.getAttribute("aria-expanded")).toBe("true");
  press("ArrowDown");
  press("ArrowDown");
  expect(input.getAttribute("aria-activedescendant")).toBe(options()[1]!.id);
  press("Enter");
  expect(input.value).toBe("Mill Lane 2, Harbour Town");
  expect(input.getAttribute("aria-expanded")).toBe("false");
  expect(changed).toHaveBeenCalledTimes(1);
});

test("escape keeps what was typed", async () => {
  await type("Mill");
  press("ArrowDown");
  press("Escape");
  expect(input.value).toBe("Mill");
});

test("enter without a mark sends the form, so it is left alone", async () => {
  await type("Mill");
  const event = new KeyboardEvent("keydown", { key: "Enter", cancelable: true });
  input.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(false);
});
