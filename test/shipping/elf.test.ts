import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readElf } from "../../main/shipping/elf.ts";
import { librariesOf } from "../../main/shipping/libraries.ts";
import { elfFile } from "./elf-file.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "loupe-elf-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, bytes: Uint8Array | string): string {
  const full = join(folder, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, bytes);
  return full;
}

describe("readElf", () => {
  test("a program's loader, libraries and search path are read", async () => {
    const path = put(
      "program",
      elfFile({ interpreter: "/lib64/ld.so", needed: ["liba.so.1", "libb.so"], runpath: "$ORIGIN:/opt/x" }),
    );
    expect(await readElf(path)).toEqual({
      architecture: "amd64",
      interpreter: "/lib64/ld.so",
      needed: ["liba.so.1", "libb.so"],
      searchPath: ["$ORIGIN", "/opt/x"],
    });
    expect((await readElf(put("arm", elfFile({ machine: 183 }))))?.architecture).toBe("arm64");
  });

  test.skipIf(process.platform !== "linux")("the program that runs this test names its loader and libc", async () => {
    const elf = await readElf(process.execPath);
    expect(elf?.interpreter).toMatch(/^\/.*ld-/);
    expect(elf?.needed.join()).toMatch(/libc\./);
  });

  test("what is no ELF file of our platforms is null", async () => {
    const other = elfFile({ machine: 8 });
    const narrow = elfFile({});
    narrow[4] = 1;
    for (const bytes of [new Uint8Array(0), new Uint8Array(300), Buffer.from("#!/bin/sh\n"), other, narrow]) {
      expect(await readElf(put("other", bytes))).toBeNull();
    }
  });

  test("cut anywhere, it is refused by name or read as far as it says, and never crashes", async () => {
    const whole = elfFile({ interpreter: "/lib64/ld.so", needed: ["liba.so.1"], runpath: "/opt" });
    for (let length = 64; length < whole.length; length += 1) {
      await expect(readElf(put("cut", whole.slice(0, length)))).rejects.toMatchObject({
        code: "shipping/base-missing",
      });
    }
  });

  test("any byte changed, it is refused by name or read, and never crashes or takes much memory", async () => {
    const whole = elfFile({ interpreter: "/lib64/ld.so", needed: ["liba.so.1"] });
    for (let at = 16; at < whole.length; at += 1) {
      const bytes = whole.slice();
      bytes[at] ^= 0xff;
      const outcome = await readElf(put("changed", bytes)).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: "shipping/base-missing" });
    }
  });
});

describe("librariesOf", () => {
  const root = () => join(folder, "root");

  test("libraries are followed to the end, links too, each once, and the loader is one of them", async () => {
    put("root/usr/lib/x86_64-linux-gnu/liba.so.1.2", elfFile({ needed: ["libb.so", "libc.so.6"] }));
    symlinkSync("liba.so.1.2", join(root(), "usr/lib/x86_64-linux-gnu/liba.so.1"));
    put("root/lib64/libb.so", elfFile({ needed: ["liba.so.1"] }));
    put("root/opt/libs/libc.so.6", elfFile({}));
    put("root/lib64/ld.so", elfFile({}));
    put("root/etc/ld.so.conf", "# ours\ninclude ld.so.conf.d/*.conf\n");
    put("root/etc/ld.so.conf.d/opt.conf", "/opt/libs\n");
    const program = put("root/bin/program", elfFile({ interpreter: "/lib64/ld.so", needed: ["liba.so.1"] }));
    const found = await librariesOf([program], "amd64", root());
    expect(found.map(({ name, path }) => [name, path.slice(root().length)])).toEqual([
      ["ld.so", "/lib64/ld.so"],
      ["liba.so.1", "/usr/lib/x86_64-linux-gnu/liba.so.1.2"],
      ["libb.so", "/lib64/libb.so"],
      ["libc.so.6", "/opt/libs/libc.so.6"],
    ]);
  });

  test("a library beside its program travels with it; one of another platform is passed over", async () => {
    put("root/lib64/libwrong.so", elfFile({ machine: 183 }));
    put("root/usr/lib/libwrong.so", elfFile({}));
    const binding = put("root/app/binding.node", elfFile({ needed: ["libown.so"], runpath: "$ORIGIN/" }));
    put("root/app/libown.so", elfFile({ needed: ["libwrong.so"] }));
    const found = await librariesOf([binding], "amd64", root());
    expect(found.map(({ path }) => path.slice(root().length))).toEqual(["/usr/lib/libwrong.so"]);
  });

  test("a missing library is named, with who needs it and what to do", async () => {
    const program = put("root/bin/lonely", elfFile({ needed: ["libnowhere.so.9"] }));
    await expect(librariesOf([program], "amd64", root())).rejects.toMatchObject({
      code: "shipping/base-missing",
      message: expect.stringMatching(/libnowhere\.so\.9, which lonely needs.*prepared base layer/),
    });
    await expect(librariesOf([program], "arm64", root())).rejects.toMatchObject({ code: "shipping/base-missing" });
  });

  test.skipIf(process.platform !== "linux")(
    "the libraries found for this Node are those that the loader has mapped into it",
    async () => {
      const architecture = process.arch === "arm64" ? "arm64" : "amd64";
      const mapped = new Set(readFileSync("/proc/self/maps", "utf8").match(/\S+\/(lib|ld-)[^/\s]*\.so[^/\s]*/g));
      for (const { path } of await librariesOf([process.execPath], architecture)) expect(mapped).toContain(path);
    },
  );
});
