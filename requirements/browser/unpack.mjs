// Unpacks the browser of the npm package into the current folder (TMPDIR points here) and writes `run-chromium`, which
// starts it. On a bare machine it also gets the package's own system libraries and fonts.
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// The package unpacks the libraries only where it believes it runs in that cloud.
process.env.AWS_LAMBDA_JS_RUNTIME = "nodejs22.x";
const { default: chromium } = await import("@sparticuz/chromium");
const browser = await chromium.executablePath();
const here = process.cwd();

function starts(environment) {
  return spawnSync(browser, ["--version"], { env: { PATH: process.env.PATH, ...environment } }).status === 0;
}

const libraries = join(here, "al2023", "lib");
const ownLibraries = !starts({});
if (ownLibraries && !starts({ LD_LIBRARY_PATH: libraries })) {
  throw new Error(`${browser} does not start, with the system's libraries or with its own`);
}
const lines = ["#!/bin/sh"];
if (ownLibraries) lines.push(`export LD_LIBRARY_PATH="${libraries}"`);
if (!existsSync("/etc/fonts/fonts.conf")) lines.push(`export FONTCONFIG_PATH="${join(here, "fonts")}"`);
lines.push(`exec "${browser}" "$@"`, "");
writeFileSync(join(here, "run-chromium"), lines.join("\n"), { mode: 0o755 });
