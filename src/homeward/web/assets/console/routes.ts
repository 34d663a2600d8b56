/**
 * The route board: a stop or a waiting delivery is dragged to another lane, by mouse, pen or finger. Dropping it fills in
 * the form beside the board, as somebody who chooses from its lists would, and asks for the effect. Nothing moves by it.
 */

const STARTS_AT_PX = 6;
// A finger on the list of waiting deliveries usually wants to scroll it; who holds still for so long wants to drag.
const HOLD_MS = 300;

interface Drag {
  delivery: string;
  from: { x: number; y: number };
  after: number; // in the time of events; moves before it are none
  ghost: HTMLElement | null;
}

/** Behaviour of the element with `data-routes`. */
export function routeBoard(board: HTMLElement): void {
  const form = board.querySelector<HTMLFormElement>("[data-move-form]");
  if (!form) return;
  let drag: Drag | null = null;
  let dragged = false;
  board.addEventListener("pointerdown", (event) => {
    dragged = false;
    const held = (event.target as Element).closest("[data-grab]");
    if (!held || event.button !== 0) return;
    const after = event.pointerType === "touch" && held instanceof HTMLElement ? event.timeStamp + HOLD_MS : 0;
    drag = { delivery: held.getAttribute("data-grab")!, from: { x: event.clientX, y: event.clientY }, after, ghost: null };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || event.timeStamp < drag.after) return;
    const far = Math.hypot(event.clientX - drag.from.x, event.clientY - drag.from.y) >= STARTS_AT_PX;
    if (!drag.ghost && !far) return;
    drag.ghost ??= lift(board, drag.delivery);
    drag.ghost.style.left = `${event.clientX + 10}px`;
    drag.ghost.style.top = `${event.clientY + 10}px`;
    mark(board, laneAt(event.clientX, event.clientY));
  });
  // Not every browser heeds `touch-action` within a drawing: a finger that holds a stop must not scroll the page.
  const heldStill = (event: TouchEvent) => {
    if (drag && event.timeStamp < drag.after) drag = null;
    else if (drag && event.cancelable) event.preventDefault();
  };
  board.addEventListener("touchmove", heldStill, { passive: false });
  board.addEventListener("contextmenu", (event) => drag && event.preventDefault());
  const end = (event: PointerEvent, dropped: boolean) => {
    if (!drag) return;
    const { delivery, ghost } = drag;
    drag = null;
    if (!ghost) return;
    dragged = true;
    ghost.remove();
    board.classList.remove("dragging");
    mark(board, null);
    const lane = dropped ? laneAt(event.clientX, event.clientY) : null;
    if (lane) ask(form, delivery, lane, event.clientX);
  };
  document.addEventListener("pointerup", (event) => end(event, true));
  document.addEventListener("pointercancel", (event) => end(event, false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) end(new PointerEvent("pointercancel"), false);
  });
  // What was just dropped is no link that was followed, and the browser's own dragging of links would take over.
  board.addEventListener("click", (event) => dragged && event.detail > 0 && event.preventDefault(), true);
  board.addEventListener("dragstart", (event) => event.preventDefault());
  form.addEventListener("submit", () => (form.dataset["asked"] = "true"));
  document.addEventListener("htmx:after:swap", () => showEffect(board));
}

/** How many stops of a lane lie before the pointer; those of the dragged delivery itself do not count. */
export function placeIn(lane: Element, delivery: string, clientX: number): number {
  const track = lane.querySelector(".track");
  if (!track) return 0;
  const { left, width } = track.getBoundingClientRect();
  const x = ((clientX - left) / width) * 100;
  const stops = [...lane.querySelectorAll("[data-stop]")].filter((stop) => stop.getAttribute("data-stop") !== delivery);
  return stops.filter((stop) => Number(stop.getAttribute("data-x")) < x).length;
}

/** Fills in the form as a choice from its lists, and sends it. */
export function ask(form: HTMLFormElement, delivery: string, lane: Element, clientX: number): void {
  const courier = lane.getAttribute("data-lane") ?? "";
  const empty = lane.querySelector("[data-stop]") === null;
  choose(form, "delivery", delivery);
  choose(form, "courier", courier);
  choose(form, "at", courier === "" || empty ? "" : String(placeIn(lane, delivery, clientX)));
  form.requestSubmit();
}

function choose(form: HTMLFormElement, name: string, value: string): void {
  const list = form.elements.namedItem(name) as HTMLSelectElement;
  if (![...list.options].some((option) => option.value === value)) {
    // Further back than the list goes, or come since the page was made.
    const option = document.createElement("option");
    option.value = value;
    option.textContent = name === "at" ? `After ${value} stops` : value.slice(-6).toUpperCase();
    list.append(option);
  }
  list.value = value;
}

function laneAt(x: number, y: number): Element | null {
  return document.elementFromPoint(x, y)?.closest("[data-lane]") ?? null;
}

function mark(board: HTMLElement, over: Element | null): void {
  for (const lane of board.querySelectorAll("[data-lane]")) lane.classList.toggle("over", lane === over);
}

function lift(board: HTMLElement, delivery: string): HTMLElement {
  const ghost = document.createElement("div");
  ghost.className = "drag-ghost";
  ghost.textContent = delivery.slice(-6).toUpperCase();
  document.body.append(ghost);
  board.classList.add("dragging");
  return ghost;
}

/** Once an effect that was asked for is there, it is what the person looks at next. */
function showEffect(board: HTMLElement): void {
  const form = board.querySelector<HTMLFormElement>("[data-asked]");
  const effect = board.querySelector<HTMLElement>("#effect");
  if (!form || !effect || effect.childElementCount === 0) return;
  delete form.dataset["asked"];
  effect.focus({ preventScroll: true });
  effect.scrollIntoView({ block: "nearest" });
}
