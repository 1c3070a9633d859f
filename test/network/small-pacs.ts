// A small archive made of our own upper layer, for tests that need one without Orthanc: it answers C-ECHO, C-FIND, C-GET and C-MOVE, and the
// same objects by QIDO-RS and WADO-RS. Real sockets, real messages; what it holds is drawn by the test.

import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Attributes } from "../../main/imaging/dicom/attributes.ts";
import { readPart10 } from "../../main/imaging/dicom/dataset.ts";
import { tagOf } from "../../main/imaging/dicom/dictionary.ts";
import { Association, type Context, type Message } from "../../main/network/association.ts";
import { Channel } from "../../main/network/channel.ts";
import { type Command, FIELD } from "../../main/network/command.ts";
import { IMPLEMENTATION } from "../../main/network/connect.ts";
import { decodeIdentifier, encodeIdentifier, type Keys } from "../../main/network/identifier.ts";
import { DEFAULT_LIMITS } from "../../main/network/limits.ts";
import { splitPart10 } from "../../main/network/part10.ts";
import { decodeAssociateRq, encodeAssociateAc, encodeAssociateRj } from "../../main/network/pdu.ts";
import { send } from "../../main/network/send.ts";
import { QUERY_RETRIEVE } from "../../main/network/services.ts";

export interface SmallPacs {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly aeTitle: "ARCHIVE";
  /** root of its DICOMweb service */
  readonly url: string;
  /** `Authorization` of each request over DICOMweb */
  readonly credentials: (string | undefined)[];
  /** objects handed out so far */
  sent: number;
  close(): Promise<void>;
}

export interface SmallPacsOptions {
  /** before each object that it hands out */
  readonly pauseMs?: number;
  /** false: it knows C-MOVE only; where it sends to, whatever the title */
  readonly moveTo?: number;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly facts: Keys;
}

const SHOWN = [
  ...[
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyDate",
    "StudyDescription",
  ],
  ...[
    "AccessionNumber",
    "Modality",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "SOPInstanceUID",
    "SOPClassUID",
  ],
];
const LEVELS = {
  PATIENT: "PatientID",
  STUDY: "StudyInstanceUID",
  SERIES: "SeriesInstanceUID",
  IMAGE: "SOPInstanceUID",
} as const;
type Level = keyof typeof LEVELS;

function keptOf(bytes: Uint8Array): Kept {
  const attributes = new Attributes(readPart10(bytes, bytes.length).dataSet);
  const facts: Record<string, string> = {};
  for (const keyword of SHOWN) {
    const element = attributes.dataSet.elements.get(tagOf(keyword));
    facts[keyword] = element ? (attributes.stringsOf(element)[0] ?? "") : "";
  }
  return { bytes, facts };
}

/** Wildcards, ranges of dates, and values as they are (PS3.4 C.2.2.2). */
function matches(wanted: string, value: string): boolean {
  if (wanted === "") return true;
  const range = /^(\d{8})?-(\d{8})?$/.exec(wanted);
  if (range) return value >= (range[1] ?? "") && value <= (range[2] ?? "99999999");
  const pattern = wanted
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`, "i").test(value);
}

class Archive {
  readonly #kept: readonly Kept[];
  constructor(files: readonly Uint8Array[]) {
    this.#kept = files.map(keptOf);
  }

  matching(keys: Keys): Kept[] {
    return this.#kept.filter(({ facts }) =>
      Object.entries(keys).every(([keyword, wanted]) =>
        keyword === "ModalitiesInStudy"
          ? matches(wanted, facts.Modality ?? "")
          : !(keyword in facts) || matches(wanted, facts[keyword] ?? ""),
      ),
    );
  }

  find(level: Level, keys: Keys): Keys[] {
    const groups = Map.groupBy(this.matching(keys), ({ facts }) => facts[LEVELS[level]] ?? "");
    return [...groups.values()].map((kept) => {
      const count = (keyword: string) => String(new Set(kept.map(({ facts }) => facts[keyword])).size);
      const counts: Keys = {
        ModalitiesInStudy: [...new Set(kept.map(({ facts }) => facts.Modality))].join("\\"),
        NumberOfStudyRelatedSeries: count("SeriesInstanceUID"),
        NumberOfStudyRelatedInstances: count("SOPInstanceUID"),
        NumberOfSeriesRelatedInstances: count("SOPInstanceUID"),
      };
      return { ...kept[0]!.facts, ...counts };
    });
  }
}

export async function startSmallPacs(files: readonly Uint8Array[], options: SmallPacsOptions = {}): Promise<SmallPacs> {
  const archive = new Archive(files);
  const sockets = new Set<Socket>();
  const credentials: (string | undefined)[] = [];
  const pause = () => new Promise((resolve) => setTimeout(resolve, options.pauseMs ?? 0));
  const serve = async (socket: Socket): Promise<void> => {
    const channel = new Channel(socket, "The test");
    const pdu = await channel.read(2000);
    if (!pdu) return;
    const rq = decodeAssociateRq(pdu.body);
    if (rq.calledAe !== "ARCHIVE") {
      await channel.write(encodeAssociateRj(1, 1, 7), 2000);
      channel.end(2000);
      return;
    }
    const takesGet = options.moveTo === undefined;
    const contexts = rq.contexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
      const unknown = !takesGet && abstractSyntax === QUERY_RETRIEVE.study.get;
      return { id, result: unknown ? 3 : 0, transferSyntax: transferSyntaxes[0] ?? "" };
    });
    const answer = { calledAe: rq.calledAe, callingAe: rq.callingAe, contexts, roles: rq.roles };
    await channel.write(encodeAssociateAc(answer, IMPLEMENTATION), 2000);
    const agreed = rq.contexts.map(
      ({ id, abstractSyntax, transferSyntaxes }): Context => ({
        id,
        abstractSyntax,
        transferSyntax: transferSyntaxes[0] ?? "",
      }),
    );
    const facts = { contexts: agreed, peerMaxPdu: rq.maxPdu, limits: DEFAULT_LIMITS, budget: null };
    const association = new Association(channel, facts);
    for (let message = await association.receive(60_000); message; message = await association.receive(60_000)) {
      await answerTo(association, message);
    }
  };

  const answerTo = async (association: Association, message: Message): Promise<void> => {
    const { command, context } = message;
    const bytes = message.data?.take() ?? null;
    message.data?.done();
    const reply = (Status: number, more: Command = {}, data?: Uint8Array) =>
      association.send(
        context,
        {
          AffectedSOPClassUID: context.abstractSyntax,
          CommandField: command.CommandField | 0x8000,
          MessageIDBeingRespondedTo: command.MessageID ?? 0,
          Status,
          ...more,
        },
        data,
      );
    if (command.CommandField === FIELD.echoRq) return reply(0);
    if (!bytes) return;
    const { QueryRetrieveLevel, ...found } = decodeIdentifier(bytes);
    const keys = Object.fromEntries(Object.entries(found).map(([keyword, values]) => [keyword, values[0] ?? ""]));
    if (command.CommandField === FIELD.findRq) {
      for (const one of archive.find(QueryRetrieveLevel?.[0] as Level, keys))
        await reply(0xff00, {}, encodeIdentifier(one));
      return reply(0);
    }
    const wanted = archive.matching(keys);
    let completed = 0;
    const counts = () => ({
      NumberOfRemainingSuboperations: wanted.length - completed,
      NumberOfCompletedSuboperations: completed,
      NumberOfFailedSuboperations: 0,
      NumberOfWarningSuboperations: 0,
    });
    for (const one of wanted) {
      await pause();
      if (command.CommandField === FIELD.moveRq) {
        const to = {
          host: "127.0.0.1",
          port: options.moveTo ?? 0,
          aeTitle: command.MoveDestination ?? "",
          callingAe: "ARCHIVE",
        };
        await send(to, [one.bytes]);
      } else {
        const { sopClass, sopInstance, transferSyntax, dataSet } = splitPart10(one.bytes);
        const via = [...association.contexts.values()].find(
          (context) => context.abstractSyntax === sopClass && context.transferSyntax === transferSyntax,
        );
        if (!via) throw new Error("The test's object has no context.");
        const store = {
          AffectedSOPClassUID: sopClass,
          AffectedSOPInstanceUID: sopInstance,
          CommandField: FIELD.storeRq,
        };
        await association.send(via, { ...store, MessageID: completed + 1, Priority: 0 }, dataSet);
        const stored = await association.receive(10_000);
        if (!stored || stored.command.CommandField === FIELD.cancelRq) return reply(0xfe00);
      }
      pacs.sent += 1;
      completed += 1;
      await reply(0xff00, counts());
    }
    return reply(0, counts());
  };

  const dicom = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket).catch(() => socket.destroy());
  });
  const web = createHttpServer((request, response) => {
    credentials.push(request.headers.authorization);
    const url = new URL(request.url ?? "/", "http://x");
    const [, , , study, , series] = url.pathname.split("/");
    const keys = Object.fromEntries([...url.searchParams].filter(([name]) => /^[A-Z]/.test(name)));
    const place = {
      ...keys,
      ...(study ? { StudyInstanceUID: study } : {}),
      ...(series ? { SeriesInstanceUID: series } : {}),
    };
    if (request.headers.accept?.startsWith("multipart/")) {
      response.setHeader("content-type", 'multipart/related; type="application/dicom"; boundary=b');
      const give = async () => {
        for (const { bytes } of archive.matching(place)) {
          await pause();
          response.write(
            Buffer.concat([Buffer.from("--b\r\nContent-Type: application/dicom\r\n\r\n"), bytes, Buffer.from("\r\n")]),
          );
          pacs.sent += 1;
        }
        response.end("--b--\r\n");
      };
      void give();
      return;
    }
    const offset = Number(url.searchParams.get("offset"));
    const limit = Number(url.searchParams.get("limit"));
    const level: Level = url.pathname.endsWith("/series") ? "SERIES" : "STUDY";
    const json = archive
      .find(level, place)
      .slice(offset, offset + limit)
      .map((one) =>
        Object.fromEntries(
          Object.entries(one).map(([keyword, value]) => {
            const name = keyword === "PatientName";
            const values = value.split("\\").map((text) => (name ? { Alphabetic: text } : text));
            return [tagOf(keyword).toString(16).padStart(8, "0"), { vr: name ? "PN" : "LO", Value: values }];
          }),
        ),
      );
    response.setHeader("content-type", "application/dicom+json");
    response.end(JSON.stringify(json));
  });
  await Promise.all(
    [dicom, web].map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
  );
  const port = (dicom.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/dicom-web`;
  const pacs: SmallPacs = {
    ...({ host: "127.0.0.1", port, aeTitle: "ARCHIVE", url, credentials } as const),
    sent: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      web.closeAllConnections();
      await Promise.all([dicom, web].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
  return pacs;
}
