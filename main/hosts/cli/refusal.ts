// A refusal that comes with facts: told as an error, and with --json with what is known beside it.

import type { ErrorCode } from "../../../preload/contract/index.ts";

export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly facts: Record<string, unknown>;
  constructor(code: ErrorCode, message: string, facts: Record<string, unknown>) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}
