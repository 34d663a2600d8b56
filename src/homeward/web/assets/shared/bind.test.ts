import { expect, test, vi } from "vitest";
import { bind } from "./bind";

test("an element gets its behaviour once, however often the page is bound", () => {
  document.body.innerHTML = `<p data-hello></p><p></p>`;
  const hello = vi.fn();
  bind(document, { hello });
  bind(document, { hello });
  expect(hello).toHaveBeenCalledTimes(1);
});
