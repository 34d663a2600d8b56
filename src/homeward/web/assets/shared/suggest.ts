/**
 * Address suggestions while typing: the combobox pattern of the ARIA guide, for `<div data-suggest="/url">` around an input.
 *
 * The source answers `{"items": [{"text", "detail"}]}`. Choosing one writes its text into the field and fires `change`.
 */

export interface Suggestion {
  text: string;
  detail?: string;
}

export type Source = (text: string, signal: AbortSignal) => Promise<Suggestion[]>;

const PAUSE_MS = 160;
const SHORTEST = 3;

export function suggest(holder: HTMLElement): void {
  const input = holder.querySelector<HTMLInputElement>("input");
  if (!input) return;
  new Combobox(holder, input, fromServer(holder));
}

function fromServer(holder: HTMLElement): Source {
  return async (text, signal) => {
    const url = new URL(holder.dataset["suggest"] ?? "", location.href);
    url.searchParams.set("q", text);
    const near = holder.dataset["near"];
    const beside = near ? document.querySelector<HTMLInputElement | HTMLSelectElement>(near) : null;
    if (beside) url.searchParams.set(beside.name, beside.value);
    const answer = await fetch(url, { signal, headers: { Accept: "application/json" } });
    if (!answer.ok) return [];
    return ((await answer.json()) as { items: Suggestion[] }).items;
  };
}

let lists = 0;

export class Combobox {
  private readonly list = document.createElement("div");
  private items: Suggestion[] = [];
  private active = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private request: AbortController | undefined;

  constructor(
    holder: HTMLElement,
    private readonly input: HTMLInputElement,
    private readonly source: Source,
  ) {
    this.list.id = `suggestions-${++lists}`;
    this.list.className = "suggest-list";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", holder.dataset["label"] ?? "Suggested addresses");
    this.list.hidden = true;
    holder.append(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    })) input.setAttribute(name, value);
    input.addEventListener("input", () => this.ask());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), 120));
  }

  private ask(): void {
    clearTimeout(this.timer);
    this.request?.abort();
    const text = this.input.value.trim();
    if (text.length < SHORTEST) return this.close();
    this.timer = setTimeout(() => void this.load(text), PAUSE_MS);
  }

  private async load(text: string): Promise<void> {
    this.request = new AbortController();
    try {
      this.show(await this.source(text, this.request.signal));
    } catch (error) {
      // A slow or missing answer only means no help while typing; the address is checked when the form is sent.
      if (!(error instanceof DOMException)) this.close();
    }
  }

  private show(items: Suggestion[]): void {
    this.items = items;
    this.active = -1;
    this.list.replaceChildren(...items.map((item, index) => this.option(item, index)));
    if (!items.length) return this.close();
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.input.removeAttribute("aria-activedescendant");
  }

  private option(item: Suggestion, index: number): HTMLElement {
    const option = document.createElement("div");
    option.id = `${this.list.id}-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const text = document.createElement("span");
    text.textContent = item.text;
    option.append(text);
    if (item.detail) {
      const detail = document.createElement("span");
      detail.className = "muted small";
      detail.textContent = item.detail;
      option.append(detail);
    }
    option.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.choose(index);
    });
    return option;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" && this.list.hidden) return this.ask();
    if (this.list.hidden) return;
    switch (event.key) {
      case "ArrowDown":
        this.mark((this.active + 1) % this.items.length);
        break;
      case "ArrowUp":
        this.mark(this.active <= 0 ? this.items.length - 1 : this.active - 1);
        break;
      case "Enter":
        if (this.active < 0) return;
        this.choose(this.active);
        break;
      case "Escape":
        this.close();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  private mark(index: number): void {
    this.active = index;
    for (const [at, option] of [...this.list.children].entries()) {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) {
        this.input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView?.({ block: "nearest" });
      }
    }
  }

  private choose(index: number): void {
    const item = this.items[index];
    if (!item) return;
    this.input.value = item.text;
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private close(): void {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
