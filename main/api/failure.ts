// What a caller hears when a call fails: a stable code, its HTTP status and one sentence.
//
// An AppError passes as it is. Input that the contract refuses says which field. Anything else is ours to fix: the caller hears
// app/internal, the host notes the code and the call, and the message stays here, because it may quote patient data.

import { ORPCError, ValidationError } from "@orpc/server";
import { AppError, ERROR_STATUS, type ErrorCode } from "../../preload/contract/index.ts";
import type { Host } from "./host.ts";

/** Its `data` carries `retryAfterSeconds` where waiting helps. */
export function toCallError(error: unknown, host: Host, call: string): ORPCError<string, unknown> {
  const { code, message } = describeFailure(error, host, call);
  const seconds = retryAfterSeconds(error);
  return new ORPCError(code, {
    status: ERROR_STATUS[code],
    message,
    ...(seconds === undefined ? {} : { data: { retryAfterSeconds: seconds } }),
  });
}

export function retryAfterSeconds(error: unknown): number | undefined {
  return error instanceof AppError ? error.retryAfterSeconds : undefined;
}

/** For the plain GET requests: the same facts as JSON. */
export function toErrorResponse(error: unknown, host: Host, call: string): Response {
  const { code, message } = describeFailure(error, host, call);
  return Response.json(
    { error: { code, message } },
    { status: ERROR_STATUS[code], headers: { "cache-control": "no-store" } },
  );
}

function describeFailure(error: unknown, host: Host, call: string): { code: ErrorCode; message: string } {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  if (error instanceof ORPCError) {
    if (error.code === "BAD_REQUEST" && error.cause instanceof ValidationError) {
      return { code: "app/invalid-input", message: describeIssues(error.cause) };
    }
    if (error.code === "NOT_FOUND") return { code: "app/not-found", message: "There is no such call." };
    if (error.status >= 400 && error.status < 500) {
      return { code: "app/invalid-input", message: "The request could not be read." };
    }
  }
  if (error instanceof DOMException && error.name === "AbortError") {
    return { code: "app/aborted", message: "The call was stopped." };
  }
  host.report("app/internal", call);
  if (process.env.LOUPE_DEBUG) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return { code: "app/internal", message: "Something unexpected went wrong in the studio." };
}

/** Names the fields and what is wrong with them; never their values. */
function describeIssues(error: ValidationError): string {
  const issues = error.issues.map((issue) => {
    const path = issue.path?.map((part) => (typeof part === "object" ? String(part.key) : String(part))).join(".");
    return path ? `${path}: ${issue.message}` : issue.message;
  });
  return `The input is not valid. ${issues.join("; ")}.`;
}
