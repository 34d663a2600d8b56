/** Loads the map's code (a megabyte) only where a page has a map. */
export function lazyMap(element: HTMLElement): void {
  void import("./map").then(({ townMap }) => townMap(element));
}
