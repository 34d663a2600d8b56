import { expect, test } from "vitest";
import { schemeNow } from "./theme";

function root(theme?: string): HTMLElement {
  const element = document.createElement("html");
  if (theme) element.dataset["theme"] = theme;
  return element;
}

test("a choice beats the system", () => {
  expect(schemeNow(root("light"), true)).toBe("light");
  expect(schemeNow(root("dark"), false)).toBe("dark");
});

test("without a choice the system decides", () => {
  expect(schemeNow(root(), true)).toBe("dark");
  expect(schemeNow(root(), false)).toBe("light");
});
