// `npm run bench -- NAME` runs test/bench/NAME.ts and judges it; `npm run bench` lists the benches.
//
// A bench exports `title` and a default function that measures something real and answers its figures, which of them are required and whether they
// hold. People read the lines; programs read the last line of standard output, one JSON object {bench, figures, required, ok}.
// Exit code: 0 when ok, 1 when not or when it failed, 2 when it could not be run here (`BenchUnavailable`) or there is no such bench.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BenchResult, BenchUnavailable } from "../support/bench.ts";

interface Bench {
  title: string;
  default: (args: readonly string[]) => Promise<BenchResult>;
}

const folder = fileURLToPath(new URL(".", import.meta.url));

async function main([name, ...args]: string[]): Promise<number> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && file !== "run.ts")
    .map((file) => file.slice(0, -3))
    .sort();
  const load = async (bench: string): Promise<Partial<Bench>> =>
    (await import(new URL(`./${bench}.ts`, import.meta.url).href)) as Partial<Bench>;

  if (name === undefined) {
    console.log("Benches (npm run bench -- NAME):");
    for (const bench of names) {
      const { title } = await load(bench);
      if (title) console.log(`  ${bench.padEnd(14)} ${title}`);
    }
    return 0;
  }
  const bench = names.includes(name) ? await load(name) : {};
  if (!bench.default) {
    console.error(`There is no bench "${name}". There is: ${names.join(", ")}.`);
    return 2;
  }
  try {
    const { figures, required, ok } = await bench.default(args);
    for (const [figure, value] of Object.entries(figures)) {
      console.error(
        `${figure.padEnd(14)} ${Number(value.toPrecision(6))}${required[figure] ? `  (required ${required[figure]})` : ""}`,
      );
    }
    console.log(JSON.stringify({ bench: name, figures, required, ok }));
    return ok ? 0 : 1;
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return error instanceof BenchUnavailable ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
