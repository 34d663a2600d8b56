import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, placeIn, routeBoard } from "./routes";

const PAGE = `<div data-routes>
  <form data-move-form>
    <select name="delivery"><option value=""></option><option value="dlv_a"></option><option value="dlv_b"></option></select>
    <select name="courier"><option value=""></option><option value="cou_1"></option><option value="cou_2"></option></select>
    <select name="at"><option value=""></option><option value="0"></option><option value="1"></option></select>
  </form>
  <div id="effect"></div>
  <ol><li data-lane="cou_1" id="busy"><svg class="track"><a data-stop="dlv_a" data-x="10" data-grab="dlv_a"><rect id="bar"/></a>
    <a data-stop="dlv_b" data-x="30"></a><a data-stop="dlv_a" data-x="50"></a><a data-stop="dlv_b" data-x="70"></a></svg></li>
  <li data-lane="cou_2" id="free"><svg class="track"></svg></li></ol>
  <section data-lane="" id="tray"><a id="waiting" data-grab="dlv_b" href="#move">Elm Street</a></section></div>`;

let form: HTMLFormElement;
const lane = (id: string) => document.getElementById(id)!;

beforeEach(() => {
  document.body.innerHTML = PAGE;
  form = document.querySelector("form")!;
  form.requestSubmit = vi.fn();
  for (const track of document.querySelectorAll(".track")) {
    track.getBoundingClientRect = () => ({ left: 200, width: 1000 }) as DOMRect;
  }
});
afterEach(() => vi.restoreAllMocks());

describe("a place on a route", () => {
  it("counts the stops before the pointer", () => {
    expect(placeIn(lane("busy"), "dlv_c", 200)).toBe(0);
    expect(placeIn(lane("busy"), "dlv_c", 200 + 400)).toBe(2);
    expect(placeIn(lane("busy"), "dlv_c", 200 + 900)).toBe(4);
  });
  it("leaves out the stops of what is dragged", () => expect(placeIn(lane("busy"), "dlv_a", 200 + 600)).toBe(1));
});

describe("a drop", () => {
  it("fills in the form as a choice would, also beyond what its lists hold", () => {
    ask(form, "dlv_new", lane("busy"), 200 + 900);
    expect(Object.fromEntries(new FormData(form))).toEqual({ delivery: "dlv_new", courier: "cou_1", at: "4" });
    expect(form.requestSubmit).toHaveBeenCalledOnce();
  });
  it("leaves the place open where there is none to choose", () => {
    ask(form, "dlv_a", lane("free"), 500);
    expect(Object.fromEntries(new FormData(form))).toEqual({ delivery: "dlv_a", courier: "cou_2", at: "" });
    ask(form, "dlv_a", lane("tray"), 500);
    expect(Object.fromEntries(new FormData(form))).toEqual({ delivery: "dlv_a", courier: "", at: "" });
  });
});

describe("dragging", () => {
  const point = (type: string, x: number) =>
    (type === "pointerdown" ? document.getElementById("bar")! : document).dispatchEvent(
      new PointerEvent(type, { bubbles: true, button: 0, clientX: x, clientY: 10 }),
    );
  beforeEach(() => {
    document.elementFromPoint = () => lane("free");
    routeBoard(document.querySelector("[data-routes]")!);
  });
  it("asks for the effect where it ends on a lane", () => {
    point("pointerdown", 100);
    point("pointermove", 160);
    expect(lane("free").classList.contains("over")).toBe(true);
    point("pointerup", 160);
    expect(form.requestSubmit).toHaveBeenCalledOnce();
    expect(document.querySelector(".drag-ghost")).toBeNull();
  });
  it("is a click while the pointer has hardly moved", () => {
    point("pointerdown", 100);
    point("pointermove", 103);
    point("pointerup", 103);
    expect(form.requestSubmit).not.toHaveBeenCalled();
  });
  it("lets a finger scroll the waiting deliveries", () => {
    const finger = { bubbles: true, button: 0, pointerType: "touch", clientX: 100, clientY: 10 };
    document.getElementById("waiting")!.dispatchEvent(new PointerEvent("pointerdown", finger));
    const scroll = new Event("touchmove", { bubbles: true, cancelable: true });
    document.getElementById("waiting")!.dispatchEvent(scroll);
    point("pointermove", 160);
    point("pointerup", 160);
    expect(scroll.defaultPrevented).toBe(false);
    expect(form.requestSubmit).not.toHaveBeenCalled();
  });
  it("ends with nothing done on Escape", () => {
    point("pointerdown", 100);
    point("pointermove", 160);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    point("pointerup", 160);
    expect(form.requestSubmit).not.toHaveBeenCalled();
    expect(document.querySelector(".drag-ghost")).toBeNull();
  });
});
