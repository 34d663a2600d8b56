/**
 * Server-sent events with a fall-back. Every message becomes a DOM event on the document: `live:<name>` with the parsed
 * data. While the stream is down `live:poll` fires every few seconds, so that pages ask by themselves; elements may say
 * `hx-trigger="live:poll from:document"`.
 */

const POLL_MS = 5_000;

export type LiveState = "live" | "polling";

export function follow(url: string, names: readonly string[], tell: (state: LiveState) => void = () => {}): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const source = new EventSource(url);
  const poll = () => {
    if (timer !== undefined) return;
    tell("polling");
    timer = setInterval(() => document.dispatchEvent(new CustomEvent("live:poll")), POLL_MS);
  };
  source.addEventListener("open", () => {
    clearInterval(timer);
    timer = undefined;
    tell("live");
  });
  source.addEventListener("error", poll); // EventSource tries again by itself
  for (const name of names) {
    source.addEventListener(name, (event) =>
      document.dispatchEvent(new CustomEvent(`live:${name}`, { detail: JSON.parse((event as MessageEvent<string>).data) })),
    );
  }
  return () => {
    clearInterval(timer);
    source.close();
  };
}
