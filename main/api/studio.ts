// The studio behind every door: one handler from Request to Response, and the same calls in process.
//
// `/rpc/*` carries calls and streamed events, `/pixels/…` and `/thumbnails/…` carry images. A door adds what only it knows:
// who may ask (session cookie, private scheme) and the page's own files.

import { createRouterClient, onError } from "@orpc/server";
import { RPCHandler } from "@orpc/server/fetch";
import { AppError, RPC_PATH, type Studio } from "../../preload/contract/index.ts";
import { toCallError, toErrorResponse } from "./failure.ts";
import type { Host } from "./host.ts";
import { answerImageRequest, isImageRequest } from "./pixels.ts";
import { router } from "./router.ts";
import { Session } from "./session.ts";

export interface RunningStudio {
  /** Answers a request of a caller that the door has let in. */
  handle(request: Request): Promise<Response>;
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
          throw toCallError(error, host, explain(options));
        }
      },
    ],
  });
  const client: Studio = createRouterClient(router, {
    context: { session },
    interceptors: [
      onError((error, options) => {
        throw toCallError(error, host, explain(options));
      }),
    ],
  });
  return {
    client,
    async handle(request) {
      const { pathname } = new URL(request.url);
      try {
        if (isImageRequest(pathname)) {
          session.touch();
          return answerImageRequest(session, request, pathname);
        }
        const { matched, response } = await handler.handle(request, { prefix: RPC_PATH, context: { session } });
        if (matched) {
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
