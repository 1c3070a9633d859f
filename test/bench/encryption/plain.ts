// Loaded before a process of `bench encryption` that must not encrypt: for everyone else main/project/cipher.ts becomes plain-cipher.ts.
import { registerHooks } from "node:module";

const cipher = new URL("../../../main/project/cipher.ts", import.meta.url).href;
const plain = new URL("./plain-cipher.ts", import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return resolved.url === cipher && context.parentURL !== plain ? { ...resolved, url: plain } : resolved;
  },
});
