/** One behaviour is one function; a `data-` attribute binds it to an element, once, also to those htmx brings later. */

export type Behaviour = (element: HTMLElement) => void;

const bound = new WeakMap<HTMLElement, Set<string>>();

export function bind(root: ParentNode, behaviours: Record<string, Behaviour>): void {
  for (const [name, behave] of Object.entries(behaviours)) {
    for (const element of root.querySelectorAll<HTMLElement>(`[data-${name}]`)) {
      const known = bound.get(element) ?? new Set();
      if (known.has(name)) continue;
      bound.set(element, known.add(name));
      behave(element);
    }
  }
}

/** Binds now and after every swap of htmx. */
export function bindPage(behaviours: Record<string, Behaviour>): void {
  bind(document, behaviours);
  document.addEventListener("htmx:after:swap", () => bind(document, behaviours));
}
