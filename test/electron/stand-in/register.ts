// `node --import register.ts dist/main/electron.js`: runs the built main process with the stand-in under the name `electron`, and lets the
// test that started it look inside, as Playwright does with the real one: a function comes as text, is called with the module, and its
// answer goes back.

import { registerHooks } from "node:module";

const here = new URL("./electron.ts", import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "electron" ? { url: here, shortCircuit: true } : next(specifier, context),
});

const electron = (await import("./electron.ts")) as typeof import("./electron.ts");

interface Question {
  id: number;
  text: string;
  arg: unknown;
}

process.on("message", async ({ id, text, arg }: Question) => {
  try {
    // The test's own function, as Playwright's `evaluate` takes it.
    const look = new Function(`return (${text})`)() as (module: object, arg: unknown) => unknown;
    process.send?.({ id, value: await look(electron, arg) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.on("disconnect", () => electron.app.exit(1));
