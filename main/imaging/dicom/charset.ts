// Text of DICOM attributes to Unicode: Specific Character Set (0008,0005), PS3.3 C.12.1.1.2 and PS3.5 6.1.
//
// Two families: one character set for all text, and ISO 2022, where escape sequences switch what the lower half (G0) and
// the upper half (G1) of the byte range mean. Platform TextDecoders know every table; this file only says which bytes go to
// which. A byte that means nothing becomes U+FFFD, never an error: a wrong name must not cost an image.

const SINGLE: Record<string, string> = {
  "ISO_IR 6": "latin1",
  "ISO_IR 100": "iso-8859-1",
  "ISO_IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO_IR 144": "iso-8859-5",
  "ISO_IR 127": "iso-8859-6",
  "ISO_IR 126": "iso-8859-7",
  "ISO_IR 138": "iso-8859-8",
  "ISO_IR 148": "windows-1254",
  "ISO_IR 203": "iso-8859-15",
  "ISO_IR 13": "shift_jis",
  "ISO_IR 166": "windows-874",
  "ISO_IR 192": "utf-8",
  GB18030: "gb18030",
  GBK: "gb18030",
};

/** How one half of the byte range is read: one byte per character, or pairs that need a prefix or the high bit set. */
interface Half {
  readonly encoding: string;
  readonly bytes: 1 | 2;
  /** put before each pair (euc-jp reads JIS X 0212 behind 0x8f) */
  readonly prefix?: number;
}

const ASCII: Half = { encoding: "latin1", bytes: 1 };

/** Escape sequences of PS3.3 tables C.12-3 and C.12-4, without the escape byte. */
const ESCAPES: Record<string, { half: 0 | 1; means: Half }> = {
  "(B": { half: 0, means: ASCII },
  "(J": { half: 0, means: ASCII },
  $B: { half: 0, means: { encoding: "euc-jp", bytes: 2 } },
  "$(D": { half: 0, means: { encoding: "euc-jp", bytes: 2, prefix: 0x8f } },
  ")I": { half: 1, means: { encoding: "shift_jis", bytes: 1 } },
  "$)C": { half: 1, means: { encoding: "euc-kr", bytes: 2 } },
  "$)A": { half: 1, means: { encoding: "gb18030", bytes: 2 } },
  "-A": { half: 1, means: { encoding: "iso-8859-1", bytes: 1 } },
  "-B": { half: 1, means: { encoding: "iso-8859-2", bytes: 1 } },
  "-C": { half: 1, means: { encoding: "iso-8859-3", bytes: 1 } },
  "-D": { half: 1, means: { encoding: "iso-8859-4", bytes: 1 } },
  "-F": { half: 1, means: { encoding: "iso-8859-7", bytes: 1 } },
  "-G": { half: 1, means: { encoding: "iso-8859-6", bytes: 1 } },
  "-H": { half: 1, means: { encoding: "iso-8859-8", bytes: 1 } },
  "-L": { half: 1, means: { encoding: "iso-8859-5", bytes: 1 } },
  "-M": { half: 1, means: { encoding: "windows-1254", bytes: 1 } },
  "-T": { half: 1, means: { encoding: "windows-874", bytes: 1 } },
  "-b": { half: 1, means: { encoding: "iso-8859-15", bytes: 1 } },
};

const ESCAPE = 0x1b;
/** Control characters and the delimiters ^ and = bring the first character set back (PS3.5 6.1.2.5.3). */
const RESETS = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x3d, 0x5c, 0x5e]);

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

function decode(encoding: string, bytes: Uint8Array): string {
  let decoder = decoders.get(encoding);
  if (!decoder) {
    // A byte order mark is a character like any other inside a DICOM value.
    decoder = new TextDecoder(encoding, { ignoreBOM: true });
    decoders.set(encoding, decoder);
  }
  return decoder.decode(bytes);
}

/** `terms` are the values of (0008,0005); unknown ones are read as Latin-1. */
export function textDecoder(terms: readonly string[]): (bytes: Uint8Array) => string {
  const first = (terms[0] ?? "").trim().toUpperCase().replace("ISO 2022 IR", "ISO_IR").replace("ISO-IR", "ISO_IR");
  const encoding = SINGLE[first] ?? "latin1";
  const iso2022 = terms.length > 1 || terms.some((term) => term.includes("2022"));
  if (!iso2022) return (bytes) => decode(encoding, bytes);
  return (bytes) => (bytes.includes(ESCAPE) ? decodeIso2022(bytes, encoding) : decode(encoding, bytes));
}

function decodeIso2022(bytes: Uint8Array, firstEncoding: string): string {
  const initial: [Half, Half] = [ASCII, { encoding: firstEncoding, bytes: 1 }];
  let halves: [Half, Half] = [...initial];
  let text = "";
  let run: number[] = [];
  let runEncoding = "";
  const flush = () => {
    if (run.length > 0) text += decode(runEncoding, Uint8Array.from(run));
    run = [];
  };
  for (let i = 0; i < bytes.length; ) {
    if (bytes[i] === ESCAPE) {
      const sequence = [3, 2].map((n) => String.fromCharCode(...bytes.subarray(i + 1, i + 1 + n)));
      const known = sequence.find((s) => Object.hasOwn(ESCAPES, s));
      if (known === undefined) {
        i += 1;
        continue;
      }
      flush();
      const { half, means } = ESCAPES[known];
      halves = half === 0 ? [means, halves[1]] : [halves[0], means];
      i += 1 + known.length;
      continue;
    }
    const half = halves[bytes[i] < 0x80 ? 0 : 1];
    const double = half.bytes === 2 && bytes[i] > 0x20 && i + 1 < bytes.length;
    if (half.encoding !== runEncoding) flush();
    runEncoding = half.encoding;
    if (double) {
      if (half.prefix !== undefined) run.push(half.prefix);
      run.push(bytes[i] | 0x80, bytes[i + 1] | 0x80);
      i += 2;
    } else {
      run.push(bytes[i]);
      if (RESETS.has(bytes[i])) halves = [...initial];
      i += 1;
    }
  }
  flush();
  return text;
}
