import { afterEach, expect, test, vi } from "vitest";
import { brandPreview } from "./brand";

afterEach(() => vi.unstubAllGlobals());

test("colours show in the framed page at once, and the checks follow what is typed", async () => {
  const sent: FormData[] = [];
  vi.stubGlobal("fetch", async (_: string, asked: RequestInit) => {
    sent.push(asked.body as FormData);
    return new Response("<p>4.9:1 Passes</p>");
  });
  document.body.innerHTML = `<form data-brand><input name="display_name" value="Müller"><input name="colour" value="#7a3b1d"><input name="text_colour" value="#ffffff"></form>
    <div id="studio"><iframe></iframe></div>`;
  // The test's document loads no frames.
  const frame = document.implementation.createHTMLDocument();
  Object.defineProperty(document.querySelector("iframe"), "contentDocument", { value: frame });
  frame.body.innerHTML = `<p class="shop-name">Old</p>`;
  const form = document.querySelector<HTMLElement>("form")!;
  brandPreview(form);
  form.dispatchEvent(new Event("input"));
  expect(frame.documentElement.style.getPropertyValue("--brand")).toBe("#7a3b1d");
  expect(frame.querySelector(".shop-name")!.textContent).toBe("Müller");
  await vi.waitFor(() => expect(document.getElementById("studio")!.textContent).toContain("Passes"));
  expect(sent.map((body) => body.get("colour"))).toEqual(["#7a3b1d"]);
});
