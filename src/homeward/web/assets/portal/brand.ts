/** Shows a brand's colours, name and logo in the preview while they are chosen. */

const READ = ["display_name", "colour", "text_colour", "support_phone", "support_email", "logo"] as const;

export function brandPreview(form: HTMLElement): void {
  form.addEventListener("input", () => show(form));
}

function show(form: HTMLElement): void {
  const preview = document.querySelector<HTMLElement>(".preview");
  if (!preview) return;
  const field = (name: (typeof READ)[number]) => form.querySelector<HTMLInputElement>(`[name="${name}"]`);
  const part = (name: string) => preview.querySelector<HTMLElement>(`[data-preview="${name}"]`);
  preview.style.setProperty("--brand", field("colour")?.value ?? "");
  preview.style.setProperty("--brand-on", field("text_colour")?.value ?? "");
  part("name")!.textContent = field("display_name")?.value ?? "";
  part("support")!.textContent = field("support_phone")?.value || field("support_email")?.value || "Your support phone stands here.";
  const chosen = field("logo")?.files?.[0];
  if (!chosen) return;
  const image = document.createElement("img");
  image.alt = "";
  image.src = URL.createObjectURL(chosen);
  part("logo")!.replaceChildren(image);
}
