/** Moves the courier on a delivery's own map. */
export function followCourier(element: HTMLElement): void {
  document.addEventListener("live:courier", (event) => {
    const { lat, lon } = (event as CustomEvent<{ lat: number; lon: number }>).detail;
    void import("../shared/map/map").then(({ mapOf }) => mapOf(element)?.movePin("courier", lat, lon));
  });
}
