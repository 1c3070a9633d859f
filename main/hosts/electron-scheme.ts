// The private scheme: the page comes from loupe://studio and from nowhere else. The same handler answers as behind the browser door.

import { protocol } from "electron";
import { PIXELS_PATH, RPC_PATH, THUMBNAILS_PATH } from "../../preload/contract/index.ts";
import type { RunningStudio } from "../api/studio.ts";
import { guardHeaders, type PageFiles } from "./page.ts";

export const SCHEME = "loupe";
const ORIGIN = `${SCHEME}://studio`;
export const HOME_PAGE = `${ORIGIN}/`;

export const isOurs = (url: string): boolean => url === ORIGIN || url.startsWith(HOME_PAGE);

/** What a page of ours may load: our scheme, and what it made itself. */
export const isOursToLoad = (url: string): boolean => isOurs(url) || url.startsWith(`blob:${HOME_PAGE}`);

/** Before Electron is ready: an origin of its own, secure, with fetch and streams; no bypass of the policy, no service workers. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
}

export function schemeAnswers(studio: RunningStudio, page: PageFiles): (request: Request) => Promise<Response> {
  const nothing = (status: 403 | 404) => new Response(null, { status, headers: guardHeaders(new Headers()) });
  return async (request) => {
    if (!isOurs(request.url)) return nothing(403);
    const { pathname } = new URL(request.url);
    if ([`${RPC_PATH}/`, PIXELS_PATH, THUMBNAILS_PATH].some((prefix) => pathname.startsWith(prefix))) {
      const response = await studio.handle(request);
      guardHeaders(response.headers);
      return response;
    }
    return (await page.answer(pathname)) ?? nothing(404);
  };
}
