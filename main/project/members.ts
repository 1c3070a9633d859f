// Who may open the project, and as what.
//
// A member's row never goes: labels, reads and audit entries name it. Who was removed keeps their name and loses their key
// (rekey.ts). There is always at least one administrator, or nobody could ever let anybody in again.

import { randomBytes, randomUUID } from "node:crypto";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { AppError } from "../../preload/contract/errors.ts";
import type { Member, MemberEntry, Role } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";
import type { ProjectDatabase } from "./database.ts";
import {
  KEY_BYTES,
  type MemberSlot,
  newMemberSlot,
  newRecoverySlot,
  privateKeyByPassphrase,
  publicKeyIn,
  resealed,
  withDevice,
} from "./key-slots.ts";
import {
  flushFolder,
  type KeyFile,
  memberSlotOf,
  readKeyFile,
  unlockByPassphrase,
  wipe,
  withMember,
  writeKeyFile,
} from "./keys.ts";
import { assertStrongEnough, type PassphraseCost, passphraseCost } from "./passphrase.ts";
import { copyName } from "./project-folder.ts";

/** What members need of the project whose they are. */
export interface Vault {
  readonly id: string;
  /** path of its keys.json */
  readonly keysFile: string;
  /** a copy of the data key; whoever takes it wipes it */
  readonly key: Uint8Array;
}

/** What a transaction that is not finished yet has done to keys.json. */
interface Written {
  /** path of a copy of the file before: putting that back needs no room */
  readonly before: string;
  readonly after: KeyFile;
}

export class Members {
  readonly #database: ProjectDatabase;
  readonly #audit: Audit;
  readonly #vault: Vault;
  readonly #self: Member;
  #written: Written | null = null;

  /** `self`: who acts through this connection. */
  constructor(database: ProjectDatabase, audit: Audit, vault: Vault, self: Member) {
    this.#database = database;
    this.#audit = audit;
    this.#vault = vault;
    this.#self = self;
  }

  /** Everybody who may open the project or might once, oldest first. */
  list(): MemberEntry[] {
    return this.#database.all<MemberEntry>(
      "SELECT id, name, role, removed_at AS removedAt, last_seen_at AS lastSeenAt FROM members ORDER BY number",
    );
  }

  /** Wraps the data key for somebody else, under a passphrase of their own. Throws project/not-allowed, project/passphrase-weak, app/invalid-input. */
  async add(input: { name: string; role: Role; passphrase: string; cost?: PassphraseCost }): Promise<Member> {
    this.assertAdministrator("add members");
    assertStrongEnough(input.passphrase);
    const name = input.name.normalize("NFC").trim();
    const id = randomUUID();
    const slot = await this.#newSlot(id, input.passphrase, input.cost);
    this.#withKeys(() => {
      if (this.list().some((member) => member.name === name)) {
        throw new AppError("app/invalid-input", "There is already a member of this name, or there once was.");
      }
      this.#database.run(
        "INSERT INTO members (id, name, role, created_at) VALUES (?, ?, ?, ?)",
        id,
        name,
        input.role,
        new Date().toISOString(),
      );
      this.#audit.record("member/add", id, { before: null, after: { name, role: input.role } });
      this.#keepSlot(slot);
    });
    return { id, name, role: input.role };
  }

  /** Changes what somebody may do. Throws project/not-allowed, project/last-administrator, app/not-found. */
  setRole({ id, role }: { id: string; role: Role }): Member {
    return this.#database.transaction(() => {
      this.assertAdministrator("change roles");
      const member = this.present(id);
      if (member.role !== role) {
        if (member.role === "administrator") this.assertNotLastAdministrator();
        this.#database.run("UPDATE members SET role = ? WHERE id = ?", role, id);
        this.#audit.record("member/role", id, { before: member.role, after: role });
      }
      return { id, name: member.name, role };
    });
  }

  /**
   * The current member has unlocked the project, and with a slot of version 1 if a passphrase is given: it is replaced. By which door and how
   * is the opening's own entry (`project/open`, main/api/session.ts).
   */
  async markSeen(old: { passphrase: string; cost?: PassphraseCost | undefined } | null): Promise<void> {
    const slot = old && (await this.#newSlot(this.#self.id, old.passphrase, old.cost));
    this.#withKeys(() => {
      if (slot) this.#keepSlot(slot);
      else this.#keepPublicKey();
      this.#seenNow();
    });
  }

  #seenNow(): void {
    this.#database.run("UPDATE members SET last_seen_at = ? WHERE id = ?", new Date().toISOString(), this.#self.id);
  }

  /** A new key pair under another passphrase. Throws project/key-wrong where `current` is not right, project/passphrase-weak. */
  async changePassphrase(current: string, next: string, options: { cost?: PassphraseCost } = {}): Promise<void> {
    assertStrongEnough(next);
    await this.assertPassphrase(current);
    const slot = await this.#newSlot(this.#self.id, next, options.cost);
    this.#withKeys(() => {
      this.#audit.record("passphrase/change", this.#self.id);
      this.#keepSlot(slot);
    });
  }

  /**
   * Lets a new random secret open the current member's private key; whoever gets it keeps it where only they can read it. Throws
   * project/key-wrong.
   */
  async addDevice(passphrase: string): Promise<{ id: string; secret: Uint8Array }> {
    const { id: project, keysFile } = this.#vault;
    const slot = memberSlotOf(readKeyFile(keysFile), this.#self.id);
    const privateKey = slot && (await privateKeyByPassphrase(slot, project, passphrase));
    if (!privateKey) throw new AppError("project/key-wrong", "The passphrase is not right.");
    const device = { id: randomUUID(), secret: new Uint8Array(randomBytes(KEY_BYTES)) };
    try {
      this.#withKeys(() => {
        const present = memberSlotOf(readKeyFile(keysFile), this.#self.id);
        if (present?.publicKey !== slot.publicKey) {
          throw new AppError("project/key-wrong", "The passphrase was changed meanwhile: give the new one.");
        }
        this.#audit.record("passphrase/remember", this.#self.id);
        this.#write((file) => withMember(file, withDevice(present, project, device, privateKey)));
      });
    } finally {
      privateKey.fill(0);
    }
    return device;
  }

  hasDevice(id: string): boolean {
    const slot = memberSlotOf(readKeyFile(this.#vault.keysFile), this.#self.id);
    return slot?.devices.some((device) => device.id === id) ?? false;
  }

  /** That secret opens nothing any more. */
  removeDevice(id: string): void {
    this.#withKeys(() => {
      const slot = memberSlotOf(readKeyFile(this.#vault.keysFile), this.#self.id);
      if (!slot?.devices.some((device) => device.id === id)) return;
      this.#audit.record("passphrase/forget", this.#self.id);
      const devices = slot.devices.filter((device) => device.id !== id);
      this.#write((file) => withMember(file, { ...slot, devices }));
    });
  }

  /** Throws project/key-wrong where this is not the current member's passphrase. */
  async assertPassphrase(passphrase: string): Promise<void> {
    const file = readKeyFile(this.#vault.keysFile);
    const own = { ...file, members: file.members.filter(({ member }) => member === this.#self.id) };
    for await (const unlocked of unlockByPassphrase(own, passphrase)) {
      wipe(unlocked);
      return;
    }
    throw new AppError("project/key-wrong", "The current passphrase is not right.");
  }

  /** The recovery key has opened the project. `digits`: its slot is of version 1 and gets a key pair. */
  async recover(next: string, digits: Uint8Array | null, cost?: PassphraseCost): Promise<void> {
    const slot = await this.#newSlot(this.#self.id, next, cost);
    const { key } = this.#vault;
    const recovery = digits && newRecoverySlot(key, this.#vault.id, digits);
    key.fill(0);
    this.#withKeys(() => {
      this.#seenNow();
      this.#audit.record("passphrase/recover", this.#self.id);
      this.#keepSlot(slot, recovery ? (file) => ({ ...file, recovery }) : undefined);
    });
  }

  async #newSlot(member: string, passphrase: string, cost?: PassphraseCost): Promise<MemberSlot> {
    const known = cost ?? (await passphraseCost());
    const { key } = this.#vault;
    try {
      return await newMemberSlot(key, this.#vault.id, member, passphrase, known);
    } finally {
      key.fill(0);
    }
  }

  /**
   * Last in a transaction: the file does not go back with it. While the passphrase was hashed the project may have got another key, and the
   * member may have been removed; so the data key is sealed here, where neither can happen any more. Throws project/not-allowed.
   */
  #keepSlot(slot: MemberSlot, more: (file: KeyFile) => KeyFile = (file) => file): void {
    const { id, key } = this.#vault;
    const sealed = resealed(slot, id, key);
    key.fill(0);
    const kept = this.#database.run(
      "UPDATE members SET public_key = ? WHERE id = ? AND removed_at IS NULL",
      publicKeyIn(sealed),
      sealed.member,
    );
    if (kept.changes === 0) throw new AppError("project/not-allowed", "This member was removed from the project.");
    this.#write((file) => more(withMember(file, sealed)));
  }

  /**
   * A transaction that writes keys.json at its end. The file does not go back with one that cannot be finished (a full disk), so it is put back
   * here: what was refused has not happened.
   */
  #withKeys(work: () => void): void {
    this.#written = null;
    const written = () => this.#written as Written | null;
    try {
      this.#database.transaction(work);
    } catch (error) {
      this.#putBack(written());
      throw error;
    } finally {
      const before = written()?.before;
      if (before !== undefined) rmSync(before, { force: true });
    }
  }

  #write(change: (file: KeyFile) => KeyFile): void {
    const { keysFile } = this.#vault;
    const after = change(readKeyFile(keysFile));
    const before = copyName(keysFile);
    this.#written = { before, after };
    copyFileSync(keysFile, before);
    writeKeyFile(keysFile, after);
  }

  /** Not over what another process has written since. The transaction takes the lock and writes nothing. */
  #putBack(written: Written | null): void {
    if (written === null) return;
    const { keysFile } = this.#vault;
    this.#database.transaction(() => {
      if (!isDeepStrictEqual(readKeyFile(keysFile), written.after)) return;
      renameSync(written.before, keysFile);
      flushFolder(dirname(keysFile));
    });
  }

  /**
   * The current member has just proved that the private key is theirs, so its public key is right, also where a crash came between
   * keys.json and the database.
   */
  #keepPublicKey(): void {
    const slot = memberSlotOf(readKeyFile(this.#vault.keysFile), this.#self.id);
    if (slot === undefined) return;
    this.#database.run("UPDATE members SET public_key = ? WHERE id = ?", publicKeyIn(slot), this.#self.id);
  }

  /** Throws project/not-allowed. `what` ends the sentence "Only an administrator can …". */
  assertAdministrator(what: string): void {
    if (this.#self.role !== "administrator") {
      throw new AppError("project/not-allowed", `Only an administrator of the project can ${what}.`);
    }
  }

  /** Somebody who may open the project now. Throws app/not-found. */
  present(id: string): MemberEntry {
    const member = this.list().find((entry) => entry.id === id && entry.removedAt === null);
    if (member === undefined) throw new AppError("app/not-found", "There is no such member, or they were removed.");
    return member;
  }

  /** Called before an administrator stops being one. Throws project/last-administrator. */
  assertNotLastAdministrator(): void {
    const administrators = this.list().filter(({ role, removedAt }) => role === "administrator" && removedAt === null);
    if (administrators.length > 1) return;
    throw new AppError(
      "project/last-administrator",
      "This is the only administrator. Make somebody else an administrator first: a project without one could never change its members.",
    );
  }
}
