import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig } from "vitest/config";

const assets = resolve(import.meta.dirname, "src/homeward/web/assets");
// One entry per face: a file right under the assets folder is one; everything shared lies in its folders.
const faces = existsSync(assets)
  ? readdirSync(assets).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts") && !name.endsWith(".test.ts"))
  : [];

const built = resolve(import.meta.dirname, "src/homeward/web/static");

/** Leaves each script and style packed beside itself: packing at every request would cost more than it saves. */
function packed() {
  return {
    name: "packed",
    closeBundle() {
      for (const name of existsSync(built) ? readdirSync(built) : []) {
        if (![".js", ".css"].includes(extname(name))) continue;
        const file = resolve(built, name);
        const content = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(content));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [packed()],
  root: assets,
  cacheDir: resolve(import.meta.dirname, "node_modules/.vite"),
  // Relative addresses: the shopper's page is served on the merchant's own domain, under whatever path.
  base: "./",
  publicDir: false,
  build: {
    outDir: built,
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
