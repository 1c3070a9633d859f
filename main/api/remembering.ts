// Opening a project on this machine without its passphrase, where the door has the system's key store.
//
// The key store protects a random secret, never a passphrase and never the data key; what it gives out lies in the user's configuration
// folder (main/project/remembered.ts). Forgetting takes the secret's use out of keys.json first, then the file's line.

import { AppError } from "../../preload/contract/index.ts";
import { openRemembered, type Project, rememberedKeys } from "../project/index.ts";
import type { Host, KeyStore } from "./host.ts";

function storeOf(host: Host): KeyStore {
  if (host.keyStore) return host.keyStore;
  throw new AppError(
    "app/unsupported-platform",
    "This studio has no key store of the system to keep a key in: passphrases are asked for.",
  );
}

/** Whether the member who has the project open would be let in by this machine. */
export function isRemembered(project: Project): boolean {
  const entry = rememberedKeys.get(project.id);
  return entry !== undefined && entry.member === project.member.id && project.members.hasDevice(entry.device);
}

/** Throws project/key-wrong, app/unsupported-platform. */
export async function remember(host: Host, project: Project, passphrase: string): Promise<void> {
  const store = storeOf(host);
  const device = await project.members.addDevice(passphrase);
  try {
    const secret = Buffer.from(await store.protect(device.secret)).toString("base64");
    forget(project);
    const { id, path, member } = project;
    rememberedKeys.put({ project: id, path, member: member.id, device: device.id, secret });
  } catch (error) {
    project.members.removeDevice(device.id);
    throw error;
  } finally {
    device.secret.fill(0);
  }
}

/** Whoever was remembered for the project on this machine is not any more. */
export function forget(project: Project): void {
  const entry = rememberedKeys.get(project.id);
  if (entry === undefined) return;
  project.members.removeDevice(entry.device);
  rememberedKeys.remove(project.id);
}

/** Throws project/not-remembered, app/unsupported-platform. */
export async function openByMachine(host: Host, path: string): Promise<Project> {
  const store = storeOf(host);
  return openRemembered({ path, reveal: (bytes) => store.reveal(bytes) });
}

/** Folders that this machine opens without a passphrase; none where the door has no key store. */
export const rememberedPaths = (host: Host): ReadonlySet<string> =>
  new Set(host.keyStore ? rememberedKeys.paths() : []);
