// The desktop host's own sentences, in the language of the page: menus, messages of the system. Kinds of work are named as the page
// names them.

import type { Appearance } from "../../preload/contract/bridge.ts";
import en from "../../resources/locales/en/desktop.json" with { type: "json" };
import enShell from "../../resources/locales/en/shell.json" with { type: "json" };
import zh from "../../resources/locales/zh-CN/desktop.json" with { type: "json" };
import zhShell from "../../resources/locales/zh-CN/shell.json" with { type: "json" };

const ENGLISH = { ...en, jobs: enShell.jobs.kind };
const CHINESE = { ...zh, jobs: zhShell.jobs.kind };

export type Texts = typeof ENGLISH;

export const textsIn = (language: Appearance["language"]): Texts => (language === "zh-CN" ? CHINESE : ENGLISH);
