import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const css = readFileSync(resolve(import.meta.dirname, "../styles/tokens.css"), "utf-8");

function tokens(block: string): Record<string, string> {
  return Object.fromEntries([...block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map((found) => [found[1]!, found[2]!]));
}

const light = tokens(css.slice(0, css.indexOf("@media")));
const dark = tokens(css.slice(css.indexOf(':root[data-theme="dark"]')));
const darkByMedia = tokens(css.slice(css.indexOf("@media"), css.indexOf(':root[data-theme="dark"]')));

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

const TEXT: [string, string][] = [
  ...["--ink", "--ink-2", "--ink-3"].flatMap((ink) => ["--bg", "--surface", "--sunken", "--hover"].map((on): [string, string] => [ink, on])),
  ...["ok", "warn", "bad", "info", "idle"].map((tone): [string, string] => [`--${tone}-ink`, `--${tone}-soft`]),
  ...["ok", "warn", "bad", "info"].map((tone): [string, string] => [`--${tone}-ink`, "--surface"]),
  ["--accent-ink", "--surface"],
  ["--accent-ink", "--bg"],
  ["--accent-ink", "--accent-soft"],
  ["--ink-2", "--accent-soft"],
  ["--accent-on", "--accent"],
  ["--accent-on", "--accent-hover"],
];
const MARKS: [string, string][] = [["--control", "--surface"], ["--focus", "--bg"], ["--focus", "--surface"], ["--accent", "--surface"]];

for (const [name, theme] of Object.entries({ light, dark })) {
  test.each(TEXT)(`${name}: text in %s can be read on %s`, (ink, on) => {
    expect(contrast(theme[ink]!, theme[on]!)).toBeGreaterThanOrEqual(4.5);
  });
  test.each(MARKS)(`${name}: the mark %s can be seen on %s`, (mark, on) => {
    expect(contrast(theme[mark]!, theme[on]!)).toBeGreaterThanOrEqual(3);
  });
}

test("the dark theme is the same, chosen or asked for by the system", () => {
  expect(darkByMedia).toEqual(dark);
});
