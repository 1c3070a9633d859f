// The only file that knows how calls travel: oRPC over the same origin that served the page, with its cookie.
import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { Studio } from "../../preload/contract/index.ts";

export function createStudioClient(origin: string): Studio {
  return createORPCClient(new RPCLink({ url: `${origin}/rpc` }));
}

/** Where the browser host lets a browser in again; another tab can go there while this window keeps what is not saved. */
export const SIGN_IN_ADDRESS = "/sign-in";

/** Ends this browser's session at the browser host and shows what it shows to strangers. Throws when it cannot be reached. */
export async function signOut(): Promise<void> {
  await fetch("/sign-out", { method: "POST", redirect: "manual" });
  window.location.replace("/");
}

/** A refusal as the interface knows it: the studio's code and sentence, or a code of the page's own. */
export interface Refusal {
  /** a code of ERROR_STATUS, or `page/offline` when the studio could not be reached */
  code: string;
  /** full sentence of the studio, in English; shown when the code has no translation */
  message: string;
  /** whole seconds after which the same thing may succeed; undefined where waiting changes nothing */
  retryAfterSeconds?: number;
}

/** Any thrown thing as a Refusal. A network failure (fetch throws TypeError) is `page/offline`. */
export function refusalOf(error: unknown): Refusal {
  // The door answers in plain text where it does not know the window (its session ended, or the studio was started again).
  if (error instanceof ORPCError && (error.code === "UNAUTHORIZED" || error.code === "FORBIDDEN")) {
    return { code: "app/unauthorised", message: error.message };
  }
  if (error instanceof ORPCError) {
    return { code: String(error.code), message: error.message, ...retryAfter(error.data) };
  }
  if (error instanceof TypeError) return { code: "page/offline", message: error.message };
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return { code: error.code, message: error.message };
  }
  return { code: "app/internal", message: error instanceof Error ? error.message : String(error) };
}

function retryAfter(data: unknown): Pick<Refusal, "retryAfterSeconds"> {
  if (typeof data !== "object" || data === null || !("retryAfterSeconds" in data)) return {};
  return typeof data.retryAfterSeconds === "number" ? { retryAfterSeconds: data.retryAfterSeconds } : {};
}
