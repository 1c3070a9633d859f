import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

test("loading and running a model leaves nothing in the home folder", () => {
  const home = mkdtempSync(join(tmpdir(), "loupe-home-"));
  const script = `
    const { GraphBuilder } = await import("./main/graph/builder.ts");
    const { writeOnnx } = await import("./main/graph/onnx-writer.ts");
    const { floatTensor } = await import("./main/graph/graph.ts");
    const { createSession } = await import("./main/training/engines/session.ts");
    const b = new GraphBuilder("small");
    b.output(b.as("y").relu(b.input("x", "float32", [1])));
    const session = await createSession(writeOnnx(b.build()), { device: "cpu", threads: 1, use: "inference" });
    const { y } = await session.run({ x: floatTensor([1], [3]) });
    await session.dispose();
    console.log(y.data[0]);`;
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env; // the room itself must see to it
  try {
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      env: {
        ...env,
        HOME: home,
        USERPROFILE: home,
        XDG_CACHE_HOME: join(home, "cache"),
        XDG_DATA_HOME: join(home, "data"),
      },
      encoding: "utf8",
    });
    expect(stdout.trim(), stderr).toBe("3");
    expect(readdirSync(home, { recursive: true })).toEqual([]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
