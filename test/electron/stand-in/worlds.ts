// What runs in the page: the preload script in a world of its own, and the page's side of `contextBridge`.
//
// Both functions are sent to the page as text. The worlds share the document and nothing else; they speak by events of a name that only
// they know. Values cross as copies, functions as numbers; a call is answered at once, a promise later, as in Electron.

interface Detail {
  call: number;
  fn: number;
  args: unknown[];
}
interface Reply {
  call: number;
  value?: unknown;
  error?: string;
  pending?: boolean;
}

/** In the page's world, before any script of the page. */
export function pageWorld(name: string): void {
  const callbacks: ((...args: unknown[]) => void)[] = [];
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;
  let reply: Reply | null = null;
  const heard = (kind: string, listener: (detail: never) => void) =>
    window.addEventListener(`${name}:${kind}`, (event) => listener((event as CustomEvent).detail as never));
  heard("reply", (detail: Reply) => {
    reply = detail;
  });
  heard("settle", ({ call, value, error }: Reply) => {
    const promise = waiting.get(call);
    waiting.delete(call);
    if (error === undefined) promise?.resolve(value);
    else promise?.reject(new Error(error));
  });
  heard("callback", ({ fn, args }: Detail) => callbacks[fn]?.(...args));
  heard("expose", ({ key, api }: { key: string; api: Record<string, number> }) => {
    const exposed: Record<string, unknown> = {};
    for (const [member, fn] of Object.entries(api)) {
      exposed[member] = (...args: unknown[]) => {
        const call = ++calls;
        const copies = args.map((arg) =>
          typeof arg === "function" ? { standInCallback: callbacks.push(arg as () => void) - 1 } : arg,
        );
        window.dispatchEvent(new CustomEvent(`${name}:call`, { detail: { call, fn, args: copies } }));
        const { pending, value, error } = reply ?? { error: "the preload script did not answer" };
        reply = null;
        if (pending) return new Promise((resolve, reject) => waiting.set(call, { resolve, reject }));
        if (error !== undefined) throw new Error(error);
        return value;
      };
    }
    Object.defineProperty(window, key, { value: Object.freeze(exposed) });
  });
}

/** In the preload script's world. `run` is the preload script; `standInIpc` is a binding of this world alone. */
export function preloadWorld(
  name: string,
  run: (require: (name: string) => unknown, module: object, exports: object) => void,
): void {
  const world = globalThis as unknown as {
    standInIpc(message: string): void;
    standIn: {
      settle(id: number, value: unknown, error?: string): void;
      deliver(channel: string, args: unknown[]): void;
      paths: Record<string, string>;
    };
  };
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<string, ((event: object, ...args: unknown[]) => void)[]>();
  const exposed: ((...args: unknown[]) => unknown)[] = [];
  let messages = 0;
  const say = (kind: string, detail: unknown) => window.dispatchEvent(new CustomEvent(`${name}:${kind}`, { detail }));
  world.standIn = {
    settle(id, value, error) {
      const promise = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) promise?.resolve(value);
      else promise?.reject(new Error(error));
    },
    deliver(channel, args) {
      for (const listener of listeners.get(channel) ?? []) listener({ sender: null }, ...args);
    },
    paths: {},
  };
  window.addEventListener(`${name}:call`, (event) => {
    const { call, fn, args } = (event as CustomEvent<Detail>).detail;
    const real = args.map((arg) => {
      const callback = (arg as { standInCallback?: number } | null)?.standInCallback;
      return callback === undefined ? arg : (...given: unknown[]) => say("callback", { fn: callback, args: given });
    });
    const why = (error: unknown) => (error instanceof Error ? error.message : String(error));
    try {
      const value = exposed[fn]!(...real);
      if (!(value instanceof Promise)) {
        say("reply", { call, value });
        return;
      }
      value.then(
        (settled) => say("settle", { call, value: settled }),
        (error) => say("settle", { call, error: why(error) }),
      );
      say("reply", { call, pending: true });
    } catch (error) {
      say("reply", { call, error: why(error) });
    }
  });
  const electron = {
    contextBridge: {
      exposeInMainWorld(key: string, api: Record<string, (...args: unknown[]) => unknown>) {
        const numbers = Object.entries(api).map(([member, fn]) => [member, exposed.push(fn) - 1]);
        say("expose", { key, api: Object.fromEntries(numbers) });
      },
    },
    ipcRenderer: {
      invoke(channel: string, ...args: unknown[]) {
        const id = ++messages;
        world.standInIpc(JSON.stringify({ id, channel, args }));
        return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      },
      on(channel: string, listener: (event: object, ...args: unknown[]) => void) {
        listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      },
      removeAllListeners(channel: string) {
        listeners.delete(channel);
      },
    },
    webUtils: { getPathForFile: (file: File) => world.standIn.paths[file.name] ?? "" },
  };
  run(
    (wanted) => {
      if (wanted === "electron") return electron;
      throw new Error(`A sandboxed preload script has no ${wanted}.`);
    },
    { exports: {} },
    {},
  );
}
