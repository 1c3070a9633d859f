// Builds the page into dist/renderer. The host replaces __NONCE__ in index.html on every answer (strict CSP).
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [react()],
  resolve: { alias: { xmlbuilder2: here("./no-xml.ts") } },
  html: { cspNonce: "__NONCE__" },
  worker: { format: "es" },
  build: {
    target: "chrome140",
    outDir: here("../dist/renderer"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000, // Cornerstone3D, loaded only with the viewer
  },
});
