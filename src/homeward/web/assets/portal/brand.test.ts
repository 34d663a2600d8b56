import { expect, test } from "vitest";
import { brandPreview } from "./brand";

test("the preview follows what is typed", () => {
  document.body.innerHTML = `<form data-brand><input name="display_name" value="Müller"><input name="colour" value="#7a3b1d"><input name="text_colour" value="#ffffff"><input name="support_phone" value=""><input name="support_email" value="help@example.org"></form>
    <div class="preview"><span data-preview="logo"></span><strong data-preview="name"></strong><span data-preview="support"></span></div>`;
  const form = document.querySelector<HTMLElement>("form")!;
  brandPreview(form);
  form.dispatchEvent(new Event("input"));
  const preview = document.querySelector<HTMLElement>(".preview")!;
  expect(preview.style.getPropertyValue("--brand")).toBe("#7a3b1d");
  expect(preview.textContent).toContain("Müller");
  expect(preview.textContent).toContain("help@example.org");
});
