// What a browser without a session gets to see: a page that asks for the password, or one that says where a link comes from.
//
// Plain HTML without a script, so it works before anything is trusted, in the language that the browser asks for, with a link to
// the other. The password was given when the studio started; only its Argon2id hash is kept, in memory.

import { randomBytes, timingSafeEqual } from "node:crypto";
import { hashRaw } from "@node-rs/argon2";
import { AppError } from "../../preload/contract/index.ts";
import english from "../../resources/locales/en/door.json" with { type: "json" };
import chinese from "../../resources/locales/zh-CN/door.json" with { type: "json" };
import { guardHeaders } from "./page.ts";

export const SIGN_IN_PATH = "/sign-in";
export const PASSWORD_MIN_LENGTH = 12;
const LONGEST_PASSWORD = 1024;
/** A form with the longest password, every byte of it escaped. */
const LARGEST_FORM = 16 * 1024;
const SLOWEST_FORM_MS = 10_000;
/** RFC 9106 §4, second recommendation. */
const COST = { algorithm: 2, memoryCost: 64 * 1024, timeCost: 3, parallelism: 4, outputLen: 32 } as const;

const TEXTS = { en: english, "zh-CN": chinese } as const;
type Language = keyof typeof TEXTS;

export class Password {
  readonly #salt: Buffer;
  readonly #hash: Buffer;

  private constructor(salt: Buffer, hash: Buffer) {
    this.#salt = salt;
    this.#hash = hash;
  }

  /** @throws AppError project/passphrase-weak for fewer than twelve characters */
  static async from(text: string): Promise<Password> {
    const { length } = [...text.normalize("NFKC")];
    if (length < PASSWORD_MIN_LENGTH || length > LONGEST_PASSWORD) {
      throw new AppError(
        "project/passphrase-weak",
        `The password for signing in needs at least ${PASSWORD_MIN_LENGTH} characters: anybody on the network may try to guess it.`,
      );
    }
    const salt = randomBytes(16);
    return new Password(salt, await hashRaw(text.normalize("NFKC"), { ...COST, salt }));
  }

  /** @throws AppError project/key-wrong */
  async check(text: string): Promise<void> {
    const given = await hashRaw(text.slice(0, LONGEST_PASSWORD).normalize("NFKC"), { ...COST, salt: this.#salt });
    if (!timingSafeEqual(given, this.#hash)) throw new AppError("project/key-wrong", "This is not the password.");
  }
}

/** The password of a posted form; null where the body is not such a form or is too long. Reads no more than a form may have. */
export async function readPassword(request: Request): Promise<string | null> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type) || request.body === null) return null;
  if (request.headers.has("content-encoding")) return null;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = request.body.getReader();
  // Nobody types into a connection: a form comes at once.
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), SLOWEST_FORM_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > LARGEST_FORM) {
        await reader.cancel();
        return null;
      }
      chunks.push(value);
    }
  } catch {
    return null; // the connection broke
  } finally {
    clearTimeout(timer);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8")).get("password");
}

export type SignInState =
  /** asks for the password; `wait` seconds are to pass before the next try */
  | { readonly ask: "password"; readonly wrong: boolean; readonly wait: number | null }
  /** this door is opened by a link; `used`: somebody came with one that works no more */
  | { readonly ask: "link"; readonly used: boolean };

/** The page, with the policy that belongs to it: no script, one style, one form to ourselves. */
export function signInPage(request: Request, state: SignInState): Response {
  const language = languageOf(request);
  const other: Language = language === "en" ? "zh-CN" : "en";
  const text = TEXTS[language];
  const nonce = randomBytes(16).toString("base64");
  const waiting = state.ask === "password" && state.wait !== null;
  const alert =
    state.ask === "link"
      ? state.used && text.linkUsed
      : waiting
        ? text.wait.replace("{{seconds}}", String(state.wait))
        : state.wrong && text.wrong;
  const body =
    state.ask === "link"
      ? `<p>${text.link}</p><p>${text.linkHint}</p>`
      : `<form method="post" action="${SIGN_IN_PATH}?language=${language}">
  <label for="password">${text.password}</label>
  <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="${LONGEST_PASSWORD}"${alert ? ' aria-describedby="alert"' : ""}${state.wrong ? ' aria-invalid="true"' : ""} autofocus>
  <p>${text.passwordHint}</p>
  <button>${text.signIn}</button>
</form>`;
  const html = `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${text.title}</title>
<style nonce="${nonce}">${STYLE}</style>
<header><a href="${SIGN_IN_PATH}?language=${other}" lang="${other}" hreflang="${other}">${TEXTS[other].languageName}</a></header>
<main>
<h1>${text.title}</h1>
${alert ? `<p id="alert" class="alert" role="alert">${alert}</p>` : ""}
${body}
</main>
</html>
`;
  const status = waiting ? 429 : 401;
  const headers = guardHeaders(new Headers({ "content-type": "text/html; charset=utf-8" }), nonce);
  headers.set(
    "content-security-policy",
    `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  );
  // With `no-referrer` a browser sends `Origin: null` with the form, which is what a foreign page could send too.
  headers.set("referrer-policy", "same-origin");
  headers.set("content-language", language);
  if (waiting) headers.set("retry-after", String(state.wait));
  return new Response(html, { status, headers });
}

/** The one that was asked for on the page, else the first of ours that the browser names. */
function languageOf(request: Request): Language {
  const wanted = new URL(request.url).searchParams.get("language");
  if (wanted === "en" || wanted === "zh-CN") return wanted;
  const named = (request.headers.get("accept-language") ?? "").slice(0, 200).toLowerCase().split(",");
  for (const name of named) {
    if (/^\s*zh\b/.test(name)) return "zh-CN";
    if (/^\s*en\b/.test(name)) return "en";
  }
  return "en";
}

const STYLE = `
:root { color-scheme: light dark; --text: #1a1b1e; --dim: #495057; --page: #f1f3f5; --card: #fff; --edge: #868e96; --main: #1864ab; --on-main: #fff; --bad: #a61e1e; --bad-back: #fff0f0 }
@media (prefers-color-scheme: dark) { :root { --text: #e9ecef; --dim: #ced4da; --page: #141517; --card: #242424; --edge: #868e96; --main: #74c0fc; --on-main: #101113; --bad: #ffa8a8; --bad-back: #3b1f1f } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif }
header { padding: 16px 24px; text-align: right }
main { max-width: 440px; margin: 8vh auto 0; padding: 32px; background: var(--card); border-radius: 8px; box-shadow: 0 1px 4px #0003 }
h1 { margin: 0 0 16px; font-size: 24px }
p { margin: 0 0 12px; color: var(--dim) }
a { color: var(--main) }
label { display: block; margin-bottom: 4px; font-weight: 600 }
input { width: 100%; margin-bottom: 12px; padding: 10px 12px; font: inherit; color: inherit; background: transparent; border: 1px solid var(--edge); border-radius: 4px }
button { width: 100%; margin-top: 8px; padding: 10px; font: inherit; font-weight: 600; color: var(--on-main); background: var(--main); border: 0; border-radius: 4px; cursor: pointer }
a:focus-visible, input:focus-visible, button:focus-visible { outline: 3px solid var(--main); outline-offset: 2px }
.alert { padding: 10px 12px; color: var(--bad); background: var(--bad-back); border-radius: 4px; font-weight: 600 }
`;
