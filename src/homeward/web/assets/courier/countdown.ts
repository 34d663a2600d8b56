/** Counts an offer's time down; at its end the screen is asked for anew. Without script the server's figure stays. */

export function countdown(bar: HTMLElement): void {
  const ends = performance.now() + Number(bar.dataset["countdown"]);
  const text = bar.parentElement?.querySelector<HTMLElement>("[data-countdown-text]");
  const timer = setInterval(() => {
    if (!bar.isConnected) {
      clearInterval(timer);
      return;
    }
    const left = Math.max(0, ends - performance.now());
    if (bar instanceof HTMLProgressElement) bar.value = left;
    if (text) text.textContent = secondsText(left);
    if (left > 0) return;
    clearInterval(timer);
    document.dispatchEvent(new CustomEvent("ride:refresh"));
  }, 250);
}

export function secondsText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;
}
