import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { palette } from "./palette";

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `<nav class="nav"><a href="#couriers">Couriers<span class="count">3</span></a><a href="#fleets">Fleets</a></nav>
    <main><a class="button" href="#new">New courier</a></main><button id="opener" data-palette="/find.json" hidden></button>
    <dialog id="palette"><input><div role="listbox"></div><p role="status"></p></dialog><dialog id="keys"></dialog>`;
  HTMLDialogElement.prototype.showModal = function () { this.open = true; };
  HTMLDialogElement.prototype.close = function () { this.open = false; };
  const items = [{ group: "Couriers", text: "Cora", detail: "+1", href: "#cora" }];
  vi.stubGlobal("fetch", vi.fn(async () => ({ ok: true, json: async () => ({ items }) })));
  palette(document.querySelector("#opener")!);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const input = () => document.querySelector<HTMLInputElement>("#palette input")!;
const texts = () => [...document.querySelectorAll("[role=option]")].map((one) => one.firstChild!.textContent);
const press = (target: EventTarget, key: string, more = {}) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

async function type(text: string): Promise<void> {
  input().value = text;
  input().dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(300);
}

test("Ctrl K opens it with pages and what can be done here", () => {
  press(document, "k", { ctrlKey: true });
  expect(document.querySelector<HTMLDialogElement>("#palette")!.open).toBe(true);
  expect(texts()).toEqual(["Couriers", "Fleets", "New courier"]);
});

test("typing narrows it and adds what the search finds", async () => {
  document.querySelector<HTMLElement>("#opener")!.click();
  await type("cour");
  expect(texts()).toEqual(["Couriers", "New courier", "Cora"]);
  expect(document.querySelector("[role=status]")!.textContent).toBe("3 results");
});

test("arrows mark one for the screen reader, and go round", () => {
  press(document, "k", { metaKey: true });
  press(input(), "ArrowUp");
  const marked = document.querySelector("[aria-selected=true]")!;
  expect(marked.firstChild!.textContent).toBe("New courier");
  expect(input().getAttribute("aria-activedescendant")).toBe(marked.id);
});

test("Enter does the marked one and closes", () => {
  const clicked = vi.fn((event: Event) => event.preventDefault());
  document.querySelector("main a")!.addEventListener("click", clicked);
  press(document, "k", { ctrlKey: true });
  press(input(), "ArrowUp");
  press(input(), "Enter");
  expect(clicked).toHaveBeenCalledOnce();
  expect(document.querySelector<HTMLDialogElement>("#palette")!.open).toBe(false);
});

test("a question mark opens the help, but not while one types", () => {
  press(input(), "?");
  expect(document.querySelector<HTMLDialogElement>("#keys")!.open).toBe(false);
  press(document.body, "?");
  expect(document.querySelector<HTMLDialogElement>("#keys")!.open).toBe(true);
});
