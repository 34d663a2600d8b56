/** Labels of a parcel: a wrong one is told at once, and the server hears of the failed scan. */

export function labels(box: HTMLElement): void {
  const wanted = (JSON.parse(box.dataset["labels"] ?? "[]") as string[]).map(plain);
  const said = box.querySelector<HTMLElement>("[data-label-said]");
  box.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || field.dataset["label"] === undefined) return;
    const label = field.value;
    const fault = faultOf(label, wanted, others(box, field));
    field.classList.toggle("fits", fault === null && label !== "");
    // The page brings the sentences, in its language.
    if (said) said.textContent = fault === null ? "" : (box.dataset[fault] ?? "");
    if (fault === null) return;
    field.value = "";
    field.focus();
    if (!wanted.includes(plain(label))) void tellServer(box, label);
  });
}

/** Why a label does not count (it belongs to another parcel, or was scanned already), or null if it does. */
export function faultOf(label: string, wanted: string[], others: string[]): "other" | "again" | null {
  const text = plain(label);
  if (text === "") return null;
  const times = wanted.filter((each) => each === text).length;
  if (times === 0) return "other";
  return others.filter((each) => each === text).length >= times ? "again" : null;
}

export function plain(label: string): string {
  return label.trim().toUpperCase();
}

function others(box: HTMLElement, field: HTMLInputElement): string[] {
  const fields = [...box.querySelectorAll<HTMLInputElement>("[data-label]")];
  return fields.filter((each) => each !== field).map((each) => plain(each.value));
}

async function tellServer(box: HTMLElement, label: string): Promise<void> {
  const form = box.closest("form");
  const act = form?.querySelector<HTMLButtonElement>('button[name="act"]');
  if (!form || !act) return;
  const body = new FormData();
  body.set("act", act.value);
  body.set("scan", label);
  // The answer is a refusal, as it must be; what counts is that it is written down.
  await fetch(form.action, { method: "POST", body }).catch(() => undefined);
}
