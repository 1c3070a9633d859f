// Types for packages that bring none, and for WebAssembly, which @types/node leaves to the DOM; only what this room uses.

declare namespace WebAssembly {
  type Imports = Record<string, Record<string, unknown>>;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Record<string, unknown>;
  }
}

declare module "dcmjs/dictionary" {
  const dictionary: Record<string, { tag: string; vr: string; name: string; vm: string; version: string }>;
  export default dictionary;
}

// The Cornerstone codecs are Emscripten modules of one shape; their classes sit on the options object once it has started.
declare module "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs" {
  const factory: (options: Record<string, unknown>) => Promise<unknown>;
  export default factory;
}
declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const factory: (options: Record<string, unknown>) => Promise<unknown>;
  export default factory;
}
declare module "@cornerstonejs/codec-openjph/wasmjs" {
  const factory: (options: Record<string, unknown>) => Promise<unknown>;
  export default factory;
}
declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    /** One decoded frame: 8-bit samples up to 8 bit precision, else 16-bit little endian. */
    decompress(buffer: ArrayBufferLike, offset: number, length: number): ArrayBuffer;
  }
}
