/** Shows only the operations that hold what is typed; without script the whole list stays. */

export function find(field: HTMLElement): void {
  if (!(field instanceof HTMLInputElement)) return;
  field.hidden = false;
  const entries = [...document.querySelectorAll<HTMLElement>("[data-found]")];
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const entry of entries) entry.hidden = !(entry.dataset["found"] ?? "").toLowerCase().includes(wanted);
    for (const group of document.querySelectorAll<HTMLElement>(".ref-nav details")) {
      group.hidden = !group.querySelector("[data-found]:not([hidden])");
    }
  });
}
