// `npm run base`: writes the base layer that a release brings for machines that are not Linux, to resources/base. Run it on Linux.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../preload/contract/errors.ts";
import { prepareBase } from "../shipping/export.ts";
import { findSources } from "../shipping/sources.ts";

try {
  const sources = await findSources();
  const { bytes, digest } = await prepareBase(sources);
  await mkdir(dirname(sources.preparedBase), { recursive: true });
  await writeFile(`${sources.preparedBase}.part`, bytes);
  await rename(`${sources.preparedBase}.part`, sources.preparedBase);
  console.log(`${sources.preparedBase}: ${(bytes.length / 1e6).toFixed(0)} MB, ${digest}`);
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  console.error(`error [${error.code}]: ${error.message}`);
  process.exitCode = 1;
}
