/** Says what happens while a form is on its way, and keeps a second press from sending it again. */
export function busy(form: HTMLElement): void {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const button = (event as SubmitEvent).submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    // Next turn: a button disabled now would not send its own value.
    setTimeout(() => {
      button.disabled = true;
      button.textContent = form.dataset["busy"] ?? "";
    });
  });
  // Back from the browser's page cache the button must work again.
  addEventListener("pageshow", (event) => {
    if ((event as PageTransitionEvent).persisted) location.reload();
  });
}
