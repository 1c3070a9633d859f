// What pages may not do, asked of Electron in one place. Everything is refused that the studio does not need:
// permissions and devices, other addresses, files, navigation, windows, web views, certificates, downloads from elsewhere.

import { type App, type Session, session, type WebContents } from "electron";
import { isOurs, isOursToLoad, SCHEME } from "./electron-scheme.ts";

/** The session of every window. `answer` is what the private scheme says. */
export function guardSession(answer: (request: Request) => Promise<Response>): void {
  const pages: Session = session.defaultSession;
  pages.protocol.handle(SCHEME, answer);
  pages.protocol.handle("file", () => new Response(null, { status: 403 }));
  pages.setSpellCheckerEnabled(false); // it would download dictionaries
  pages.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  pages.setPermissionCheckHandler(() => false);
  pages.setDevicePermissionHandler(() => false);
  pages.setDisplayMediaRequestHandler((_request, decide) => decide(null));
  pages.setCertificateVerifyProc((_request, decide) => decide(REFUSED));
  pages.webRequest.onBeforeRequest(({ url }, decide) => {
    decide({ cancel: !(isOursToLoad(url) || url.startsWith("devtools:")) });
  });
  pages.on("will-download", (event, item) => {
    if (!isOursToLoad(item.getURL())) event.preventDefault();
  });
}

/** net::ERR_FAILED: the studio speaks to no server, so it trusts no certificate. */
const REFUSED = -2;

/** Whatever shows a page, from the moment it exists. */
export function guardContents(app: App): void {
  app.on("web-contents-created", (_event, contents) => {
    const stay = (event: { url: string; preventDefault(): void }) => {
      if (!isOurs(event.url)) event.preventDefault();
    };
    contents.on("will-navigate", stay);
    contents.on("will-frame-navigate", stay);
    contents.on("will-redirect", stay);
    contents.on("will-attach-webview", (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: "deny" }));
    keepDevicesAway(contents);
  });
  app.on("certificate-error", (event, _contents, _url, _error, _certificate, decide) => {
    event.preventDefault();
    decide(false);
  });
  app.on("select-client-certificate", (event) => event.preventDefault());
  app.on("login", (event) => event.preventDefault());
}

function keepDevicesAway(contents: WebContents): void {
  contents.on("select-bluetooth-device", (event, _devices, choose) => {
    event.preventDefault();
    choose("");
  });
}
