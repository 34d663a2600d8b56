/**
 * The keyboard palette: the combobox pattern of the ARIA guide in a dialog. It offers the pages of the sidebar, what can
 * be done on the page that is open, and whatever the search at `data-palette` finds. `?` opens the help beside it.
 */

interface Entry {
  group: string;
  text: string;
  detail?: string;
  run: () => void;
}

const PAUSE_MS = 150;
const SHORTEST = 3;

export function palette(button: HTMLElement): void {
  const dialog = document.querySelector<HTMLDialogElement>("#palette");
  const help = document.querySelector<HTMLDialogElement>("#keys");
  if (!dialog || !help) return;
  const opened = new Palette(dialog, button.dataset["palette"] ?? "");
  button.hidden = false;
  button.addEventListener("click", () => opened.open());
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      opened.open();
    } else if (event.key === "?" && !isTyping(event.target) && !document.querySelector("dialog[open]")) {
      help.showModal();
    }
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

class Palette {
  private readonly input: HTMLInputElement;
  private readonly list: HTMLElement;
  private readonly said: HTMLElement;
  private own: Entry[] = [];
  private entries: Entry[] = [];
  private active = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private request: AbortController | undefined;

  constructor(
    private readonly dialog: HTMLDialogElement,
    private readonly source: string,
  ) {
    this.input = dialog.querySelector("input")!;
    this.list = dialog.querySelector("[role=listbox]")!;
    this.said = dialog.querySelector("[role=status]")!;
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => this.stop());
  }

  open(): void {
    if (this.dialog.open) return;
    this.own = [...pages(), ...acts()];
    this.input.value = "";
    this.dialog.showModal();
    this.input.focus();
    this.typed();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  private typed(): void {
    this.stop();
    const text = this.input.value.trim();
    const words = text.toLowerCase().split(/\s+/);
    const fitting = this.own.filter((entry) => words.every((word) => entry.text.toLowerCase().includes(word)));
    this.show(fitting);
    if (text.length >= SHORTEST) this.timer = setTimeout(() => void this.find(text, fitting), PAUSE_MS);
  }

  private async find(text: string, fitting: Entry[]): Promise<void> {
    this.request = new AbortController();
    try {
      const url = `${this.source}?${new URLSearchParams({ q: text })}`;
      const answer = await fetch(url, { signal: this.request.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const found = ((await answer.json()) as { items: { group: string; text: string; detail: string; href: string }[] }).items;
      this.show([...fitting, ...found.map(({ href, ...item }) => ({ ...item, run: () => location.assign(href) }))]);
    } catch {
      // Without an answer the pages and acts are still there.
    }
  }

  private show(entries: Entry[]): void {
    this.entries = entries;
    this.said.textContent = entries.length === 1 ? "1 result" : `${entries.length} results`;
    const groups = new Map<string, HTMLElement>();
    entries.forEach((entry, index) => {
      const group = groups.get(entry.group) ?? section(entry.group);
      groups.set(entry.group, group);
      group.append(this.option(entry, index));
    });
    this.list.replaceChildren(...groups.values());
    this.mark(0);
  }

  private option(entry: Entry, index: number): HTMLElement {
    const option = document.createElement("div");
    option.id = `palette-${index}`;
    option.setAttribute("role", "option");
    option.append(piece(entry.text));
    if (entry.detail) option.append(piece(entry.detail, "muted small"));
    option.addEventListener("click", () => this.choose(index));
    return option;
  }

  private key(event: KeyboardEvent): void {
    const count = this.entries.length;
    if (event.key === "ArrowDown" && count) this.mark((this.active + 1) % count);
    else if (event.key === "ArrowUp" && count) this.mark((this.active - 1 + count) % count);
    else if (event.key === "Enter") this.choose(this.active);
    else return;
    event.preventDefault();
  }

  private mark(index: number): void {
    this.active = index;
    this.input.removeAttribute("aria-activedescendant");
    for (const option of this.list.querySelectorAll<HTMLElement>("[role=option]")) {
      const chosen = option.id === `palette-${index}`;
      option.setAttribute("aria-selected", String(chosen));
      if (!chosen) continue;
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView?.({ block: "nearest" });
    }
  }

  private choose(index: number): void {
    const entry = this.entries[index];
    if (!entry) return;
    this.dialog.close();
    entry.run();
  }
}

function section(name: string): HTMLElement {
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", name);
  const title = piece(name, "palette-group");
  title.setAttribute("aria-hidden", "true");
  group.append(title);
  return group;
}

function piece(text: string, style = ""): HTMLElement {
  const span = document.createElement("span");
  span.textContent = text;
  span.className = style;
  return span;
}

const label = (element: HTMLElement) => (element.getAttribute("aria-label") ?? element.textContent ?? "").trim();

function pages(): Entry[] {
  return [...document.querySelectorAll<HTMLAnchorElement>(".nav a")].map((link) => ({
    group: "Pages",
    text: [...link.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim())?.textContent?.trim() ?? label(link),
    run: () => location.assign(link.href),
  }));
}

/** What the page's own buttons do; one that is out of sight or asks for a reason first is not offered blindly. */
function acts(): Entry[] {
  const found = document.querySelectorAll<HTMLElement>(
    'main a.button[href], main .exception-acts button, .sidebar-foot button',
  );
  return [...found].map((element) => ({
    group: "On this page",
    text: label(element),
    detail: element.closest(".exception")?.querySelector("h3 + p")?.textContent?.trim() ?? "",
    run: () => element.click(),
  }));
}
