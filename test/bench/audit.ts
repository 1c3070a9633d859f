// A log of 100 000 entries: pages of it, searches, the check of the whole chain and its export, each in a project that was just opened.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditFile, createProject, openProject, type Project } from "../../main/project/index.ts";
import type { AuditFilter } from "../../preload/contract/index.ts";
import type { BenchResult } from "../support/bench.ts";

export const title = "An audit log of 100 000 entries: pages, searches, check, export";

const ENTRIES = 100_000;
const PASSPHRASE = "not a secret at all";
const LIMIT_PAGE_MS = 150;
const HEX = "0123456789abcdef";

const digest = (seed: number) => Array.from({ length: 64 }, (_, at) => HEX[(seed * 31 + at * 7) % 16]).join("");

/** As labelling, with some imports and runs among them, writes them. */
function fill(project: Project): void {
  project.transaction(() => {
    for (let index = 0; index < ENTRIES - 1; index++) {
      const subject = `0000${index.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`.slice(-36);
      if (index % 10 === 0)
        project.audit.record("image/import", subject, {
          before: null,
          after: { identity: digest(index), format: "dicom" },
        });
      else if (index % 997 === 0)
        project.audit.record("run/create", subject, { before: null, after: { name: `run ${index}` } });
      else
        project.audit.record("label/edit", subject, {
          classes: 1,
          shapes: 0,
          answers: 0,
          images: 1,
          digest: digest(index),
        });
    }
  });
}

export default async function run(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "loupe-bench-audit-"));
  try {
    const { project: made } = await createProject({ folder, name: "Bench", member: "Ada", passphrase: PASSPHRASE });
    fill(made);
    const { path } = made;
    made.close();
    const processor = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000;
    /** Milliseconds of the processor for `work` in a project that was just opened: nothing is cached by SQLite or by us. */
    const cold = async (work: (project: Project) => unknown): Promise<number> => {
      const project = await openProject({ path, passphrase: PASSPHRASE });
      const began = processor();
      await work(project);
      const took = processor() - began;
      project.close();
      return took;
    };
    const search = (filter: AuditFilter, offset: number) => (project: Project) =>
      project.audit.find(filter, offset, 100);
    const figures: Record<string, number> = { entries: ENTRIES };
    figures.firstPageMs = await cold(search({}, 0));
    figures.deepPageMs = await cold(search({}, 60_000));
    figures.memberMs = await cold(search({ member: "Ada" }, 40_000));
    figures.groupMs = await cold(search({ group: "run" }, 0));
    figures.bigGroupMs = await cold(search({ group: "label" }, 40_000));
    figures.daysMs = await cold(search({ from: "2020-01-01T00:00:00.000Z", to: "2100-01-01T00:00:00.000Z" }, 5000));
    figures.textMs = await cold(search({ text: "run 4985" }, 0));
    figures.textAgainMs = await cold((project) => {
      project.audit.verify();
      const began = processor();
      project.audit.find({ text: "run 4985" }, 0, 100);
      figures.textWarmMs = processor() - began;
      const again = processor();
      project.audit.find({ text: "run 4985" }, 0, 100);
      figures.textNextPageMs = processor() - again;
    });
    delete figures.textAgainMs;
    figures.membersMs = await cold((project) => project.audit.members());
    figures.verifyMs = await cold((project) => project.audit.verify());
    figures.jsonMs = await cold((project) => {
      const options = { format: "json", filter: {}, names: true, project } as const;
      for (const _ of auditFile(project.audit, options, project.audit.head(), () => {}));
    });
    const pages = ["firstPageMs", "deepPageMs", "memberMs", "groupMs", "bigGroupMs", "daysMs", "textWarmMs"] as const;
    const required = Object.fromEntries(pages.map((figure) => [figure, `<= ${LIMIT_PAGE_MS}`]));
    return { figures, required, ok: pages.every((figure) => (figures[figure] ?? 0) <= LIMIT_PAGE_MS) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
