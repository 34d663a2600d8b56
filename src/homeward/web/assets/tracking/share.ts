/** Hands the link to the phone's own share sheet, or copies it. Without script it stands in a field to select. */
export function share(button: HTMLElement): void {
  const url = button.dataset["share"] ?? "";
  button.hidden = false;
  button.addEventListener("click", () => void handOn(button, url));
}

async function handOn(button: HTMLElement, url: string): Promise<void> {
  if (typeof navigator.share === "function") {
    // The person closed the sheet: nothing to tell.
    await navigator.share({ url }).catch(() => undefined);
    return;
  }
  await navigator.clipboard.writeText(url);
  const words = button.querySelector("span");
  if (words) words.textContent = button.dataset["done"] ?? "";
}
