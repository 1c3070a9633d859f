// One HTTP connection written by hand: what a client library would correct goes out as it is.

import { connect } from "node:net";

export interface RawAnswer {
  /** of the first answer that is one (1xx are not); 0 where the connection ended without one */
  readonly status: number;
  /** everything that came back */
  readonly text: string;
  /** how many answers came */
  readonly answers: number;
}

/** Sends `parts` one after the other and reads until the server closes, or for `waitMs` after the last part. */
export function raw(port: number, parts: readonly (string | Buffer)[], waitMs = 1500): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1");
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString("latin1");
      const statuses = [...text.matchAll(/^HTTP\/1\.1 ([2-5]\d\d)/gm)].map(([, status]) => Number(status));
      resolve({ status: statuses[0] ?? 0, text, answers: statuses.length });
    };
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.on("close", end);
    socket.on("connect", () => {
      for (const part of parts) socket.write(part);
      timer = setTimeout(end, waitMs);
    });
  });
}

/** A request line and headers, with CRLF; `connection: close` unless said otherwise. */
export function head(line: string, headers: readonly string[], close = true): string {
  return `${[line, ...headers, ...(close ? ["Connection: close"] : [])].join("\r\n")}\r\n\r\n`;
}
