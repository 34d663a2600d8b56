/** Asks before a form with `data-confirm` is sent. */
export function confirmFirst(form: HTMLElement): void {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset["confirm"])) event.preventDefault();
  });
}
