import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const assets = resolve(import.meta.dirname, "src/homeward/web/assets");
// One entry per face: a file right under the assets folder is one; everything shared lies in its folders.
const faces = existsSync(assets)
  ? readdirSync(assets).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts") && !name.endsWith(".test.ts"))
  : [];

export default defineConfig({
  root: assets,
  cacheDir: resolve(import.meta.dirname, "node_modules/.vite"),
  // Relative addresses: the shopper's page is served on the merchant's own domain, under whatever path.
  base: "./",
  publicDir: false,
  build: {
    outDir: resolve(import.meta.dirname, "src/homeward/web/static"),
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    sourcemap: false,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: Object.fromEntries(faces.map((name) => [name.replace(/\.ts$/, ""), resolve(assets, name)])),
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
  worker: { format: "es", rolldownOptions: { output: { entryFileNames: "[name]-[hash].js" } } },
  test: {
    root: assets,
    environment: "happy-dom",
    include: ["**/*.test.ts"],
    passWithNoTests: true,
  },
});
