import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

// Tests that ask ONNX Runtime directly must not report to its maker either (see main/training/engines/onnx.ts).
process.env.ORT_DISABLE_TELEMETRY = "1";

// `npm test` = unit, real database, real runtime, real browser. Suites that need Debian's tools live in test/interop and run in .ci/run.
export default defineConfig({
  root,
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    exclude: process.env.LOUPE_INTEROP ? [] : ["test/interop/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // Vitest's second is too short for a busy machine; what never happens still fails.
    expect: { poll: { timeout: 30_000 } },
  },
});
