/** Chooses all rows of a table at once: `<input type="checkbox" data-choose-all="ids">` beside the boxes of that name. */
export function chooseAll(box: HTMLElement): void {
  const all = box as HTMLInputElement;
  const boxes = () => [...document.querySelectorAll<HTMLInputElement>(`input[name="${all.dataset["chooseAll"]}"]`)];
  const told = document.querySelector<HTMLElement>("[data-chosen]");
  const show = () => {
    const every = boxes();
    const chosen = every.filter((one) => one.checked).length;
    all.checked = chosen > 0 && chosen === every.length;
    all.indeterminate = chosen > 0 && chosen < every.length;
    if (told) told.textContent = `${chosen} chosen`;
  };
  all.closest("table")?.addEventListener("change", (event) => {
    if (event.target === all) for (const one of boxes()) one.checked = all.checked;
    show();
  });
  all.closest("label")?.removeAttribute("hidden");
  show();
}
