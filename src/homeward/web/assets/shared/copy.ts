/** Copies `data-copy`; the button shows itself only with script, since without it there is nothing to press. */
export function copy(button: HTMLElement): void {
  button.hidden = false;
  const label = button.innerHTML;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
    button.textContent = button.dataset["copied"] ?? "Copied";
    setTimeout(() => (button.innerHTML = label), 1500);
  });
}
