// Every refusal the studio can give, as data.
//
// Classes do not survive a process boundary, codes do: a code is stable, the interface translates it, and the sentence
// beside it says what was expected, what was found and where. Never patient data, never a passphrase.

/** Error code -> HTTP status that the Request/Response doors answer with. */
export const ERROR_STATUS = {
  "app/aborted": 499,
  "app/busy": 503,
  "app/internal": 500,
  "app/invalid-input": 400,
  "app/not-found": 404,
  "app/too-large": 413,
  "app/too-many-tries": 429,
  "app/unauthorised": 401,
  "app/unsupported-platform": 501,
  "audit/broken": 409,
  "audit/head-unreadable": 422,
  "project/already-exists": 409,
  "project/corrupt": 422,
  "project/disk-full": 507,
  "project/in-use": 409,
  "project/key-old": 409,
  "project/key-wrong": 403,
  "project/last-administrator": 409,
  "project/locked": 423,
  "project/newer-version": 409,
  "project/not-allowed": 403,
  "project/not-a-project": 404,
  "project/not-encrypted": 422,
  "project/not-remembered": 409,
  "project/passphrase-weak": 400,
  "project/read-only": 403,
  "project/too-large": 413,
  "imaging/codec-missing": 422,
  "imaging/directory": 422,
  "imaging/empty": 422,
  "imaging/format-unknown": 415,
  "imaging/frame-missing": 404,
  "imaging/frame-truncated": 422,
  "imaging/header-invalid": 422,
  "imaging/pixel-data-missing": 422,
  "imaging/too-large": 413,
  "imaging/unreadable": 422,
  "labels/answer-invalid": 422,
  "labels/class-in-use": 409,
  "labels/class-unknown": 404,
  "labels/csv-invalid": 422,
  "labels/file-invalid": 422,
  "labels/geometry-invalid": 422,
  "labels/not-exportable": 422,
  "labels/nothing-between": 422,
  "labels/question-unknown": 404,
  "labels/schema-conflict": 409,
  "labels/schema-in-use": 409,
  "labels/target-exists": 409,
  "active/models-few": 422,
  "active/not-features": 422,
  "active/not-probabilities": 422,
  "active/pool-small": 422,
  "merge/audit-broken": 422,
  "merge/changed-since": 409,
  "merge/own-copy": 409,
  "reading/committed": 409,
  "reading/empty": 422,
  "reading/hidden": 403,
  "reading/no-answer": 422,
  "reading/not-complete": 409,
  "reading/not-yours": 403,
  "reading/readers-missing": 422,
  "reading/required-missing": 422,
  "rules/not-tested": 409,
  "snapshot/empty": 422,
  "snapshot/one-class": 422,
  "snapshot/part-empty": 422,
  "network/closed": 502,
  "network/failed": 502,
  "network/no-service": 502,
  "network/not-found": 404,
  "network/object-invalid": 422,
  "network/port-taken": 409,
  "network/protocol": 502,
  "network/redirected": 502,
  "network/refused": 502,
  "network/timeout": 504,
  "network/too-large": 413,
  "network/unauthorised": 403,
  "network/unreachable": 502,
  "graph/invalid": 422,
  "graph/not-differentiable": 422,
  "graph/operator-unknown": 422,
  "model/not-adoptable": 422,
  "model/not-exportable": 422,
  "training/diverged": 422,
  "training/device-disagrees": 422,
  "training/not-resumable": 409,
  "training/too-large": 422,
  "search/name-taken": 409,
  "search/running": 409,
  "search/space": 422,
  "compression/refused": 422,
  "comparison/nothing-shared": 409,
  "comparison/other-classes": 409,
  "report/no-printer": 422,
  "explanation/not-possible": 422,
  "explanation/nothing-drawn": 422,
  "shipping/base-missing": 422,
  "shipping/target-exists": 409,
  "serving/not-ready": 503,
  "serving/timeout": 504,
  "jobs/crashed": 500,
  "jobs/running": 409,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** A promise that was broken or a request that was refused: stable code, one full sentence, no patient data. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** whole seconds after which the same thing may succeed; undefined where waiting changes nothing */
  readonly retryAfterSeconds: number | undefined;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; retryAfterSeconds?: number }) {
    super(message, options);
    this.name = "AppError";
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_STATUS, value);
}
