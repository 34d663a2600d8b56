// The app's service worker: the last screen and the built files, for dead spots. Nothing is sent from here.
const KEPT = "courier-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(keptFirst(request));
  else if (request.mode === "navigate" && url.pathname === "/courier") event.respondWith(newestFirst(request));
});

async function keptFirst(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(KEPT)).put(request, answer.clone());
  return answer;
}

async function newestFirst(request) {
  try {
    const answer = await fetch(request);
    // A redirect to the door must not be kept as the screen.
    if (answer.ok && !answer.redirected) (await caches.open(KEPT)).put("/courier", answer.clone());
    return answer;
  } catch (cause) {
    const kept = await caches.match("/courier");
    if (kept) return kept;
    throw cause;
  }
}
