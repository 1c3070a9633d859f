// An exported audit log is checked by a program that shares nothing with ours: Python's json and hashlib, after the description in the file.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { auditFile } from "../../main/project/audit-file.ts";
import { newProject, temporaryFolder } from "../project/builder.ts";

const CHECK = `
import hashlib, json, sys
log = json.load(open(sys.argv[1], encoding="utf-8"))
last = ""
for at, entry in enumerate(log["entries"], 1):
    about = {key: entry[key] for key in ("action", "at", "detail", "member", "sequence", "subject")}
    text = entry["previous"] + "\\n" + json.dumps(about, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(text.encode("utf-8")).hexdigest() != entry["hash"] or entry["sequence"] != at or entry["previous"] != last:
        sys.exit("entry %d does not hold" % at)
    last = entry["hash"]
sys.exit(None if log["complete"] and log["head"]["hash"] == last else "the head does not fit")
`;

const python = spawnSync("python3", ["--version"]).status === 0;

describe.skipIf(!python)(`audit log${python ? "" : " (skipped: python3 is not there)"}`, () => {
  test("an independent script finds that an exported log holds, and which entry does not after an edit", async () => {
    const { project } = await newProject({ name: "Thorax 胸部" });
    for (const name of ["病灶", 'a "b"\\ \u0001\u2028', "é\n", "🫁"]) project.labels.saveClass({ name });
    const options = { format: "json", filter: {}, names: true, project } as const;
    const text = [...auditFile(project.audit, options, project.audit.head(), () => {})].join("");
    const file = join(temporaryFolder(), "log.json");
    const check = (content: string) => {
      writeFileSync(file, content);
      const { status, stderr } = spawnSync("python3", ["-c", CHECK, file], { encoding: "utf8" });
      return [status, stderr.trim()];
    };
    expect(check(text)).toEqual([0, ""]);
    const log = JSON.parse(text);
    log.entries[2].member = "Eve";
    expect(check(JSON.stringify(log))).toEqual([1, "entry 3 does not hold"]);
    log.entries.splice(2);
    expect(check(JSON.stringify(log))).toEqual([1, "the head does not fit"]);
  });
});
