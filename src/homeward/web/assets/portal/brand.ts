/** Shows a brand while it is typed: colours at once in the framed pages, the rest as soon as the typing pauses. */

const PAUSE_MS = 350;

export function brandPreview(form: HTMLElement): void {
  let waiting: number | undefined;
  let asked = 0;
  const ask = async () => {
    const typed = new FormData(form as HTMLFormElement);
    const mine = ++asked;
    const answer = await fetch("/portal/brand/preview", { method: "POST", body: typed, headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || mine !== asked) return;
    const studio = document.getElementById("studio");
    if (!studio) return;
    const open = new Set([...studio.querySelectorAll("details[open] .strong")].map((title) => title.textContent));
    studio.innerHTML = await answer.text();
    for (const title of studio.querySelectorAll("details .strong:first-child")) {
      if (open.has(title.textContent)) title.closest("details")?.setAttribute("open", "");
    }
    for (const frame of frames()) frame.addEventListener("load", () => paint(form, frame));
  };
  document.getElementById("studio")?.addEventListener("click", (event) => take(form, event));
  form.addEventListener("input", () => {
    for (const frame of frames()) paint(form, frame);
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE_MS) as unknown as number;
  });
}

/** The offered colours go into the fields; without this the form sends them and comes back with them. */
function take(form: HTMLElement, event: Event): void {
  const button = (event.target as HTMLElement).closest<HTMLButtonElement>('button[name="take"]');
  if (!button) return;
  event.preventDefault();
  const [colour, textColour] = button.value.split(",");
  form.querySelector<HTMLInputElement>('[name="colour"]')!.value = colour ?? "";
  form.querySelector<HTMLInputElement>('[name="text_colour"]')!.value = textColour ?? "";
  form.dispatchEvent(new Event("input"));
}

function frames(): HTMLIFrameElement[] {
  return [...document.querySelectorAll<HTMLIFrameElement>("#studio iframe")];
}

/** What needs no answer from us: the colours, the name, and a logo that only this browser has. */
function paint(form: HTMLElement, frame: HTMLIFrameElement): void {
  const page = frame.contentDocument;
  if (!page?.body) return;
  const field = (name: string) => form.querySelector<HTMLInputElement>(`[name="${name}"]`);
  page.documentElement.style.setProperty("--brand", field("colour")?.value ?? "");
  page.documentElement.style.setProperty("--brand-on", field("text_colour")?.value ?? "");
  const name = page.querySelector(".shop-name");
  if (name) name.textContent = field("display_name")?.value ?? "";
  const chosen = field("logo")?.files?.[0];
  const logo = page.querySelector(".shop-logo");
  if (!chosen || !logo) return;
  const image = page.createElement("img");
  image.className = "shop-logo";
  image.alt = "";
  image.src = URL.createObjectURL(chosen);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  logo.replaceWith(image);
}
