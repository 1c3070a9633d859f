// Models: the ONNX file, what it takes and gives, where it came from, how it did.
//
// The file never changes once added: evaluations and compression reports refer to exactly those bytes.

import { createHash, randomUUID } from "node:crypto";
import { DEFAULT_THRESHOLD } from "../../preload/contract/decision.ts";
import { AppError } from "../../preload/contract/errors.ts";
import {
  type CompressionReport,
  compressionLimitsSchema,
  type Evaluation,
  type ExplanationReport,
  type Model,
  type ModelCard,
  modelCardSchema,
  type Part,
} from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import { MAX_BLOB_BYTES, type ProjectDatabase } from "./database.ts";

export type NewModel = Omit<Model, "id" | "createdAt" | "bytes" | "threshold"> & {
  readonly onnx: Uint8Array;
  /** one half when absent */
  readonly threshold?: number;
};

interface ModelRow extends Omit<Model, "input" | "classes" | "accepted"> {
  input: string;
  classes: string;
  accepted: number;
}

const SELECT = `
  SELECT id, name, run AS runId, snapshot AS snapshotId, coalesce(form, kind) AS kind, parent AS parentId, created_at AS createdAt, bytes, input, classes,
    accepted, threshold FROM models`;

export class Models {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;

  constructor(database: ProjectDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
  }

  add(model: NewModel): Model {
    if (model.onnx.length === 0 || model.onnx.length > MAX_BLOB_BYTES) {
      throw new AppError("app/invalid-input", "A model's file must have between 1 byte and 1 GB.");
    }
    return this.#database.transaction(() => {
      const id = randomUUID();
      const { row } = this.#database.run(
        `INSERT INTO models (id, name, run, snapshot, kind, parent, created_at, bytes, input, classes, accepted, threshold, form)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        model.name,
        model.runId,
        model.snapshotId,
        model.kind === "int8" ? "int8" : "trained",
        model.parentId,
        new Date().toISOString(),
        model.onnx.length,
        JSON.stringify(model.input),
        JSON.stringify(model.classes),
        model.accepted ? 1 : 0,
        model.threshold ?? DEFAULT_THRESHOLD,
        model.kind,
      );
      this.#database.run("INSERT INTO model_files (model, onnx) VALUES (?, ?)", row, model.onnx);
      this.#audit.record("model/add", id, {
        before: null,
        after: {
          name: model.name,
          runId: model.runId,
          kind: model.kind,
          parentId: model.parentId,
          bytes: model.onnx.length,
          sha256: createHash("sha256").update(model.onnx).digest("hex"),
        },
      });
      return this.get(id);
    });
  }

  /** Newest first. */
  list(): Model[] {
    return this.#database.all<ModelRow>(`${SELECT} ORDER BY number DESC`).map(modelOf);
  }

  /** Throws app/not-found. */
  get(id: string): Model {
    const row = this.#database.one<ModelRow>(`${SELECT} WHERE id = ?`, id);
    if (row === undefined) throw noModel();
    return modelOf(row);
  }

  /** The ONNX file. Throws app/not-found. */
  onnx(id: string): Uint8Array {
    const row = this.#database.one<{ onnx: Uint8Array }>(
      "SELECT onnx FROM model_files JOIN models ON models.number = model_files.model WHERE models.id = ?",
      id,
    );
    if (row === undefined) throw noModel();
    return row.onnx;
  }

  /** Keeps the evaluation of one part; a later one replaces it. Throws app/not-found. */
  saveEvaluation(evaluation: Evaluation): void {
    this.#database.transaction(() => {
      const { modelId, part } = evaluation;
      this.get(modelId);
      const before = this.evaluation(modelId, part);
      this.#database.run(
        `INSERT INTO evaluations (model, part, evaluation) VALUES (?, ?, ?)
        ON CONFLICT (model, part) DO UPDATE SET evaluation = excluded.evaluation`,
        modelId,
        part,
        JSON.stringify(evaluation),
      );
      this.#audit.record("model/evaluate", modelId, {
        part,
        before: before === null ? null : { auc: before.auc?.value ?? null },
        after: { auc: evaluation.auc?.value ?? null },
      });
    });
  }

  /** null where that part has not been evaluated. */
  evaluation(modelId: string, part: Part): Evaluation | null {
    const row = this.#database.one<{ evaluation: string }>(
      "SELECT evaluation FROM evaluations WHERE model = ? AND part = ?",
      modelId,
      part,
    );
    // Evaluations kept before there was a threshold say none: the likelier of two classes was predicted.
    if (row === undefined) return null;
    const kept = JSON.parse(row.evaluation) as Omit<Evaluation, "threshold"> & Partial<Evaluation>;
    return { ...kept, threshold: kept.threshold ?? DEFAULT_THRESHOLD };
  }

  /** Keeps the report on a part; a later one replaces it. Throws app/not-found. */
  saveExplanationReport(report: ExplanationReport): void {
    this.#database.transaction(() => {
      const { modelId, part } = report;
      this.get(modelId);
      const before = this.explanationReport(modelId, part);
      this.#database.run(
        `INSERT INTO explanation_reports (model, part, report) VALUES (?, ?, ?)
        ON CONFLICT (model, part) DO UPDATE SET report = excluded.report`,
        modelId,
        part,
        JSON.stringify(report),
      );
      this.#audit.record("model/explain", modelId, {
        part,
        before: before === null ? null : { images: before.images },
        after: { images: report.images },
      });
    });
  }

  /** What people wrote about it; empty texts where nobody did. Throws app/not-found. */
  card(id: string): ModelCard {
    this.get(id);
    const row = this.#database.one<{ card: string }>("SELECT card FROM model_cards WHERE model = ?", id);
    return modelCardSchema.parse(row === undefined ? {} : JSON.parse(row.card));
  }

  /** Throws app/not-found. */
  saveCard(id: string, card: ModelCard): ModelCard {
    return this.#database.transaction(() => {
      const before = this.card(id);
      const changed = (Object.keys(card) as (keyof ModelCard)[]).filter((field) => card[field] !== before[field]);
      if (changed.length === 0) return before;
      this.#database.run(
        "INSERT INTO model_cards (model, card) VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET card = excluded.card",
        id,
        JSON.stringify(card),
      );
      const only = (from: ModelCard) => Object.fromEntries(changed.map((field) => [field, from[field]]));
      this.#audit.record("model/card", id, { before: only(before), after: only(card) });
      return this.card(id);
    });
  }

  /** null where that part has none. */
  explanationReport(modelId: string, part: Part): ExplanationReport | null {
    const row = this.#database.one<{ report: string }>(
      "SELECT report FROM explanation_reports WHERE model = ? AND part = ?",
      modelId,
      part,
    );
    return row === undefined ? null : (JSON.parse(row.report) as ExplanationReport);
  }

  /** Keeps a report; the model counts as accepted or not as the report says. Throws app/not-found. */
  saveCompressionReport(report: CompressionReport): void {
    this.#database.transaction(() => {
      this.get(report.modelId);
      this.#database.run("UPDATE models SET accepted = ? WHERE id = ?", report.accepted ? 1 : 0, report.modelId);
      const before = this.compressionReport(report.modelId);
      this.#database.run(
        `INSERT INTO compression_reports (model, report) VALUES (?, ?)
        ON CONFLICT (model) DO UPDATE SET report = excluded.report`,
        report.modelId,
        JSON.stringify(report),
      );
      this.#audit.record("model/compress", report.modelId, {
        before: before === null ? null : gateOf(before),
        after: gateOf(report),
      });
    });
  }

  /** null for a trained model. */
  compressionReport(modelId: string): CompressionReport | null {
    const row = this.#database.one<{ report: string }>(
      "SELECT report FROM compression_reports WHERE model = ?",
      modelId,
    );
    return row === undefined ? null : reportOf(JSON.parse(row.report) as KeptReport);
  }

  /** Reports of all that was measured against this model, newest first; old reports do not say it and mean the parent. */
  compressionsOf(modelId: string): CompressionReport[] {
    return this.#database
      .all<{ report: string }>(
        `SELECT report FROM compression_reports JOIN models ON models.id = compression_reports.model
        WHERE coalesce(report ->> 'against', parent) = ? ORDER BY number DESC`,
        modelId,
      )
      .map(({ report }) => reportOf(JSON.parse(report) as KeptReport));
  }
}

/** What the audit keeps of a report: how it was made, what was asked of it, and what did not hold. */
function gateOf({ accepted, against, steps, limits, missed }: CompressionReport) {
  return { accepted, against, steps, limits, missed };
}

type Cost = CompressionReport["before"];
type KeptCost = Omit<Cost, "worstClass" | "worstGroup" | "flops"> & Partial<Cost>;
/** A report as it was kept: earlier ones knew one limit and fewer figures. */
type KeptReport = Pick<CompressionReport, "modelId" | "accepted" | "maxAucDrop" | "reason"> &
  Partial<CompressionReport> & { before: KeptCost; after: KeptCost };

function reportOf({ before, after, limits, ...kept }: KeptReport): CompressionReport {
  const cost = (one: KeptCost): Cost => ({ worstClass: null, worstGroup: null, flops: null, ...one });
  const asked = compressionLimitsSchema.parse({ maxAucDrop: kept.maxAucDrop, ...limits });
  const plain = { limits: asked, missed: [], layers: [], against: null, steps: [] };
  return { ...plain, ...kept, before: cost(before), after: cost(after) };
}

function noModel(): AppError {
  return new AppError("app/not-found", "This model is not in the project.");
}

function modelOf({ input, classes, accepted, ...row }: ModelRow): Model {
  return { ...row, input: JSON.parse(input), classes: JSON.parse(classes), accepted: accepted === 1 };
}
