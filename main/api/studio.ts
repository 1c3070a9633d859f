// The studio behind every door: one handler from Request to Response, and the same calls in process.
//
// `/rpc/*` carries calls and streamed events, `/pixels/…` and `/thumbnails/…` carry images. A door adds what only it knows:
// who may ask (session cookie, private scheme) and the page's own files.

import { createRouterClient, onError } from "@orpc/server";
import { RPCHandler } from "@orpc/server/fetch";
import { AppError, RPC_PATH, type Studio } from "../../preload/contract/index.ts";
import { retryAfterSeconds, toCallError, toErrorResponse } from "./failure.ts";
import type { Host } from "./host.ts";
import { answerImageRequest, isImageRequest } from "./pixels.ts";
import type { CallContext } from "./procedures.ts";
import { router } from "./router.ts";
import { Session } from "./session.ts";

export interface RunningStudio {
  /** Answers a request of a caller that the door has let in; `caller` names it where a door has several. */
  handle(request: Request, caller?: string): Promise<Response>;
  /** The whole contract in process. Refusals are ORPCErrors whose `code` is an error code of the contract. */
  readonly client: Studio;
  /** Stops jobs, locks the project, ends event streams. */
  close(): Promise<void>;
}

export function createStudio({ host }: { host: Host }): RunningStudio {
  const session = new Session(host);
  const explain = ({ path }: { path: readonly string[] }) => path.join(".");
  const handler = new RPCHandler(router, {
    clientInterceptors: [
      async (options) => {
        try {
          return await options.next();
        } catch (error) {
          options.context.answer.retryAfterSeconds = retryAfterSeconds(error);
          throw toCallError(error, host, explain(options));
        }
      },
    ],
  });
  const client: Studio = createRouterClient(router, {
    context: { session, caller: "in process", answer: {} },
    interceptors: [
      onError((error, options) => {
        throw toCallError(error, host, explain(options));
      }),
    ],
  });
  return {
    client,
    async handle(request, caller = "window") {
      const { pathname } = new URL(request.url);
      try {
        if (isImageRequest(pathname)) {
          session.touch();
          return answerImageRequest(session, request, pathname);
        }
        const answer: CallContext["answer"] = {};
        const context: CallContext = { session, caller, answer };
        const { matched, response } = await handler.handle(request, { prefix: RPC_PATH, context });
        if (matched) {
          if (answer.retryAfterSeconds !== undefined) {
            response.headers.set("retry-after", String(answer.retryAfterSeconds));
          }
          response.headers.set("cache-control", "no-store");
          return response;
        }
        throw new AppError("app/not-found", "There is nothing at this address.");
      } catch (error) {
        return toErrorResponse(error, host, pathname.split("/", 2).join("/"));
      }
    },
    close: () => session.close(),
  };
}
