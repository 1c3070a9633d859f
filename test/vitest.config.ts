import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

// `npm test` = unit, real database, real runtime, real browser. Suites that need Debian's tools live in test/interop and run in .ci/run.
export default defineConfig({
  root,
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    exclude: process.env.LOUPE_INTEROP ? [] : ["test/interop/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
