// Our DICOMweb client against an HTTP server that a test plays: pages, parts, redirects, and everything that may go wrong.

import { createServer, type RequestListener } from "node:http";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { boundaryOf, partsOf } from "../../main/network/dicomweb/multipart.ts";
import { qido } from "../../main/network/dicomweb/qido.ts";
import type { DicomWebServer } from "../../main/network/dicomweb/server.ts";
import { wado } from "../../main/network/dicomweb/wado.ts";
import type { Found } from "../../main/network/identifier.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { CT, object, QUICK } from "./peers.ts";

/** Plays a server until the test ends; what it was asked. */
async function played(listener: RequestListener) {
  const asked: { url: string; headers: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? "", headers: request.headers });
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const web: DicomWebServer = { url: `http://127.0.0.1:${port}/dicom-web/`, limits: QUICK };
  return { web, asked };
}

const TYPE = 'multipart/related; type="application/dicom"; boundary=b-1';

function multipart(parts: readonly Uint8Array[], boundary = "b-1"): Buffer {
  const pieces = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    part,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let n = 0;
  for (let at = 0; at < bytes.length; n++) {
    const size = sizes.length > 0 ? sizes[n % sizes.length] : bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "nothing thrown",
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe("parts", () => {
  test("come out as they went in, however the answer is cut into pieces", async () => {
    // Bytes that look like boundaries and line ends.
    const tricky = fc
      .array(fc.constantFrom(0x0d, 0x0a, 0x2d, 0x62, 0x31, 0x00), { maxLength: 60 })
      .map((list) => Uint8Array.from(list));
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(tricky, { maxLength: 4 }), sizes, async (list, cuts) => {
        fc.pre(list.every((part) => !`\r\n${Buffer.from(part).toString("latin1")}`.includes("\r\n--b-1")));
        const found = await all(partsOf(inPieces(multipart(list), cuts), "b-1", { maxPartBytes: 1000 }));
        expect(found.map(({ bytes }) => [...bytes])).toEqual(list.map((part) => [...part]));
      }),
      { numRuns: 500 },
    );
  });

  test("any bytes and damaged answers are refused or read, and nothing else", async () => {
    const good = multipart([Buffer.from("abc"), Buffer.alloc(2000, 65)]);
    const damaged = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length)).map(([at, value, cut]) => {
      const copy = Buffer.from(good);
      copy[at] = value;
      return copy.subarray(0, cut);
    });
    const input = fc.oneof(fc.uint8Array({ maxLength: 300 }).map(Buffer.from), damaged);
    await fc.assert(
      fc.asyncProperty(input, async (bytes) => {
        expect(await code(all(partsOf(inPieces(bytes, [7, 100]), "b-1", { maxPartBytes: 1500 })))).toMatch(
          /^network\/|nothing/,
        );
      }),
      { numRuns: 500 },
    );
  });

  test("are refused above their limit, without headers' end, and without the last boundary", async () => {
    const limited = (bytes: Buffer) => code(all(partsOf(inPieces(bytes, [1000]), "b-1", { maxPartBytes: 100 })));
    expect(await limited(multipart([Buffer.alloc(101)]))).toBe("network/too-large");
    expect(await limited(multipart([Buffer.alloc(100)]))).toBe("nothing thrown");
    expect(await limited(Buffer.from(`--b-1\r\nX: ${"y".repeat(40_000)}`))).toBe("network/protocol");
    expect(await limited(multipart([Buffer.alloc(10)]).subarray(0, -10))).toBe("network/protocol");
  });

  test("have a boundary, quoted or not", () => {
    expect(boundaryOf(TYPE)).toBe("b-1");
    expect(boundaryOf('Multipart/Related; boundary="a b"; type=x')).toBe("a b");
    expect(boundaryOf("application/json")).toBeNull();
    expect(() => boundaryOf("multipart/related")).toThrow("no boundary");
  });
});

describe("WADO", () => {
  test("gives out each object as it came, with its class and syntax", async () => {
    const files = [object({ uid: "1.1" }), object({ uid: "1.2", bytes: 500_000, transferSyntax: "1.2.840.10008.1.2" })];
    const { web, asked } = await played((_, response) => {
      response.writeHead(200, { "content-type": TYPE });
      response.end(multipart(files));
    });
    const told: unknown[] = [];
    const got: unknown[] = [];
    const take = async (bytes: Uint8Array, about: unknown) =>
      void got.push([Buffer.compare(bytes, files[got.length]), about]);
    const result = await wado(
      { ...web, auth: { user: "jö", password: "p:w" } },
      { study: "1.2", series: "1.2.3" },
      take,
      {
        onProgress: (progress) => told.push(progress),
      },
    );
    expect(got).toEqual([
      [0, { callingAe: "", sopClass: CT, sopInstance: "1.1", transferSyntax: "1.2.840.10008.1.2.1" }],
      [0, { callingAe: "", sopClass: CT, sopInstance: "1.2", transferSyntax: "1.2.840.10008.1.2" }],
    ]);
    expect(result).toEqual({ objects: 2, bytes: files[0].length + files[1].length });
    expect(told).toHaveLength(2);
    expect(asked[0]).toMatchObject({
      url: "/dicom-web/studies/1.2/series/1.2.3",
      headers: {
        accept: 'multipart/related; type="application/dicom"; transfer-syntax=*',
        "accept-encoding": "identity",
        authorization: `Basic ${Buffer.from("jö:p:w").toString("base64")}`,
      },
    });
  });

  const answers: {
    title: string;
    status?: number;
    headers?: Record<string, string>;
    body?: Uint8Array;
    expected: string;
  }[] = [
    { title: "401", status: 401, expected: "network/unauthorised" },
    { title: "403", status: 403, expected: "network/unauthorised" },
    { title: "404", status: 404, expected: "network/not-found" },
    { title: "406", status: 406, expected: "network/no-service" },
    { title: "500 with a patient's name", status: 500, body: Buffer.from("Doe^John"), expected: "network/failed" },
    { title: "503", status: 503, expected: "network/failed" },
    { title: "HTML", headers: { "content-type": "text/html" }, body: Buffer.from("<p>"), expected: "network/protocol" },
    { title: "packed bytes", headers: { "content-encoding": "gzip" }, expected: "network/protocol" },
    { title: "an object that is none", body: multipart([Buffer.from("Doe^John")]), expected: "network/protocol" },
    { title: "an object above the limit", body: multipart([object({ bytes: 20_000 })]), expected: "network/too-large" },
    { title: "an answer cut short", body: multipart([object()]).subarray(0, 900), expected: "network/protocol" },
  ];
  for (const { title, status = 200, headers, body = multipart([]), expected } of answers) {
    test(`refuses ${title} as ${expected}`, async () => {
      const { web } = await played((_, response) => {
        response.writeHead(status, { "content-type": TYPE, ...headers });
        response.end(body);
      });
      const limited = { ...web, limits: { ...QUICK, maxObjectBytes: 10_000 } };
      const work = wado(limited, { study: "1.2" }, async () => {});
      expect(await code(work)).toBe(expected);
      await expect(work).rejects.toThrow(/^The DICOMweb server http:\/\/127\.0\.0\.1:\d+ (?!.*Doe).*\.$/);
    });
  }

  test("ends in time where the server falls silent or away, before or within its answer", async () => {
    for (const [how, expected] of [
      ["silent", "network/timeout"],
      ["away", "network/closed"],
    ] as const) {
      for (const when of ["before", "within"]) {
        const { web } = await played((request, response) => {
          if (when === "within") {
            response.writeHead(200, { "content-type": TYPE });
            response.write(multipart([object()]).subarray(0, 500));
          }
          if (how === "away") setTimeout(() => request.socket.destroy(), 50);
        });
        expect(await code(wado(web, { study: "1.2" }, async () => {}))).toBe(expected);
      }
    }
  });

  test("lets the receiver take its time", async () => {
    const { web } = await played((_, response) => {
      response.writeHead(200, { "content-type": TYPE });
      response.end(multipart([object({ uid: "1.1", bytes: 300_000 }), object({ uid: "1.2", bytes: 300_000 })]));
    });
    const slowly = () => new Promise<void>((resolve) => setTimeout(resolve, 600));
    expect((await wado(web, { study: "1.2" }, slowly)).objects).toBe(2);
  });

  test("stops with its signal, and with the receiver's error", async () => {
    const endless: RequestListener = (_, response) => {
      response.writeHead(200, { "content-type": TYPE });
      response.write(multipart([object(), object()]).subarray(0, -20));
    };
    const controller = new AbortController();
    const { web } = await played(endless);
    const stopped = wado({ ...web, limits: {} }, { study: "1.2" }, async () => controller.abort(), {
      signal: controller.signal,
    });
    expect(await code(stopped)).toBe("app/aborted");
    expect(await code(wado(web, { study: "1.2" }, async () => {}, { signal: AbortSignal.abort() }))).toBe(
      "app/aborted",
    );
    const full = new AppError("project/disk-full", "The disk is full.");
    await expect(wado({ ...web, limits: {} }, { study: "1.2" }, () => Promise.reject(full))).rejects.toBe(full);
  });
});

describe("redirects", () => {
  test("are followed within the origin, with credentials, and no further than five times", async () => {
    const { web, asked } = await played((request, response) => {
      if (request.url?.startsWith("/dicom-web/")) response.writeHead(307, { location: "/other/place" });
      else response.writeHead(200, { "content-type": TYPE });
      response.end(multipart([]));
    });
    await wado({ ...web, auth: { token: "t" } }, { study: "1.2" }, async () => {});
    expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ["/dicom-web/studies/1.2", "Bearer t"],
      ["/other/place", "Bearer t"],
    ]);
    const round = await played((_, response) => response.writeHead(302, { location: "/again" }).end());
    expect(await code(wado(round.web, { study: "1.2" }, async () => {}))).toBe("network/redirected");
    expect(round.asked).toHaveLength(6);
  });

  test("to another origin are refused, and nothing is sent there", async () => {
    const other = await played((_, response) => response.end());
    const { web } = await played((_, response) => response.writeHead(302, { location: other.web.url }).end());
    await expect(wado({ ...web, auth: { token: "secret" } }, { study: "1.2" }, async () => {})).rejects.toThrow(
      /sends us on to http:\/\/127\.0\.0\.1:\d+\. Nothing was sent there/,
    );
    expect(other.asked).toEqual([]);
  });
});

describe("QIDO", () => {
  const json =
    (list: unknown): RequestListener =>
    (_, response) => {
      response.writeHead(200, { "content-type": "application/dicom+json" });
      response.end(JSON.stringify(list));
    };

  test("reads DICOM JSON into the records of a search", async () => {
    const { web } = await played((request, response) =>
      json(
        request.url?.includes("offset=0")
          ? [
              {
                "0020000D": { vr: "UI", Value: ["1.2"] },
                "00100010": { vr: "PN", Value: [{ Alphabetic: "Wang^XiaoDong", Ideographic: "王^小东", Phonetic: 5 }] },
                "00080061": { vr: "CS", Value: ["CT", null, "MR"] },
                "00201208": { vr: "IS", Value: [3] },
                "00081032": { vr: "SQ", Value: [{ "00080100": { vr: "SH", Value: ["x"] } }] },
                "00080050": { vr: "SH" },
                nonsense: 5,
              },
              null,
            ]
          : [],
      )(request, response),
    );
    expect(await all(qido(web, "study", {}))).toEqual([
      {
        StudyInstanceUID: ["1.2"],
        PatientName: ["Wang^XiaoDong=王^小东"],
        ModalitiesInStudy: ["CT", "", "MR"],
        NumberOfStudyRelatedInstances: ["3"],
      },
    ]);
  });

  const places: [Parameters<typeof qido>[1], Parameters<typeof qido>[2], RegExp][] = [
    [
      "study",
      { PatientName: "Mü* r", PatientID: "" },
      /^\/dicom-web\/studies\?PatientName=M%C3%BC\*%20r&includefield=.*PatientID/,
    ],
    ["study", { StudyInstanceUID: "1.2" }, /\/studies\?StudyInstanceUID=1\.2&/],
    ["series", { StudyInstanceUID: "1.2", Modality: "CT" }, /\/studies\/1\.2\/series\?Modality=CT&/],
    ["series", {}, /\/dicom-web\/series\?include/],
    [
      "instance",
      { StudyInstanceUID: "1.2", SeriesInstanceUID: "1.3" },
      /\/studies\/1\.2\/series\/1\.3\/instances\?include/,
    ],
    ["instance", { StudyInstanceUID: "1.2" }, /\/studies\/1\.2\/instances\?include/],
    [
      "instance",
      { StudyInstanceUID: "../x", SOPInstanceUID: "1" },
      /\/dicom-web\/instances\?StudyInstanceUID=\.\.%2Fx&SOP/,
    ],
  ];
  for (const [level, keys, url] of places) {
    test(`asks for ${level} with ${JSON.stringify(keys)} at its place`, async () => {
      const { web, asked } = await played(json([]));
      expect(await all(qido(web, level, keys))).toEqual([]);
      expect(asked[0].url).toMatch(url);
    });
  }

  test("turns pages until nothing new comes, whatever a page holds, and no further than its limit", async () => {
    const uids = Array.from({ length: 25 }, (_, i) => ({ "0020000D": { vr: "UI", Value: [`1.${i}`] } }));
    // Pages of seven, though more are asked for; the other server knows no offset.
    const servers: [RequestListener, number][] = [
      [
        (request, response) => {
          const offset = Number(/offset=(\d+)/.exec(request.url ?? "")?.[1]);
          json(uids.slice(offset, offset + 7))(request, response);
        },
        5,
      ],
      [json(uids), 2],
    ];
    for (const [listener, requests] of servers) {
      const { web, asked } = await played(listener);
      expect((await all(qido(web, "study", {}))).map((found: Found) => found.StudyInstanceUID[0])).toHaveLength(25);
      expect(asked).toHaveLength(requests);
      expect(await all(qido(web, "study", {}, { limit: 10 }))).toHaveLength(10);
    }
  });

  test("takes no content for nothing found, and refuses what is no list", async () => {
    const none = await played((_, response) => response.writeHead(204).end());
    expect(await all(qido(none.web, "study", {}))).toEqual([]);
    for (const body of ["{}", "[", "<p>Doe^John"]) {
      const { web } = await played((_, response) => response.end(body));
      await expect(all(qido(web, "study", {}))).rejects.toThrow("something else than DICOM JSON");
    }
  });
});

test("addresses and credentials that are none are refused before anybody is called", async () => {
  const wrong: DicomWebServer[] = [
    { url: "ftp://a/" },
    { url: "archive" },
    { url: "https://user:secret@archive/" },
    { url: "https://archive/?q=1" },
    { url: "https://archive/", auth: { token: "a\r\nb" } },
  ];
  for (const web of wrong) expect(await code(all(qido(web, "study", {})))).toBe("app/invalid-input");
  expect(await code(all(qido({ url: "https://archive/" }, "study", { Nonsense: "" })))).toBe("app/invalid-input");
});
