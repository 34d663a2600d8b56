/** Writes the place of a dragged pin into the form's `lat` and `lon`; without script they are typed. */
export function pinIntoForm(form: HTMLElement): void {
  const scope = form.closest(".card") ?? form;
  const listen = form.querySelector("[data-map]") ? form : scope;
  listen.addEventListener("map:moved", (event) => {
    const { lat, lon } = (event as CustomEvent<{ lat: number; lon: number }>).detail;
    set(form, "lat", lat);
    set(form, "lon", lon);
  });
}

function set(form: HTMLElement, name: string, value: number): void {
  const input = form.querySelector<HTMLInputElement>(`input[name="${name}"]`);
  if (input) input.value = value.toFixed(6);
}
