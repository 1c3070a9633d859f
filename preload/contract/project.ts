import { oc } from "@orpc/contract";
import { z } from "zod";

export const roleSchema = z.enum(["reader", "adjudicator", "analyst", "administrator"]);
export type Role = z.infer<typeof roleSchema>;

export const memberSchema = z.object({ id: z.string(), name: z.string(), role: roleSchema });
export type Member = z.infer<typeof memberSchema>;

/** Somebody who may open the project, or might once: who was removed stays on the list, because labels and the audit log name them. */
export const memberEntrySchema = memberSchema.extend({
  removedAt: z.iso.datetime().nullable().describe("null: may open the project"),
  lastSeenAt: z.iso.datetime().nullable().describe("when they last unlocked the project; null: never yet"),
});
export type MemberEntry = z.infer<typeof memberEntrySchema>;

/** An open project as the person who unlocked it sees it. `path` is the `Name.loupe` folder. */
export const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  createdAt: z.iso.datetime(),
  member: memberSchema,
  hasRecoveryKey: z
    .boolean()
    .describe("false after a crash while a new one was made that nobody saw: an administrator should renew it"),
  counts: z.object({
    images: z.int(),
    patients: z.int(),
    labelled: z.int().describe("images that carry at least one label"),
    snapshots: z.int(),
    runs: z.int(),
    models: z.int(),
  }),
});
export type ProjectSummary = z.infer<typeof projectSchema>;

export const recentProjectSchema = z.object({
  name: z.string(),
  path: z.string(),
  openedAt: z.iso.datetime(),
  exists: z.boolean().describe("false when the folder has been moved or its disk is not attached"),
  remembered: z.boolean().describe("true where this machine can open it without a passphrase"),
});
export type RecentProject = z.infer<typeof recentProjectSchema>;

export const PASSPHRASE_MIN_LENGTH = 8;
/** Whether it is long enough is the project's to say, in its own words: project/passphrase-weak. */
const newPassphrase = z.string().max(1024);

export const projectsContract = {
  /** Projects opened on this machine, newest first. Empty on a fresh machine. */
  recent: oc.output(z.array(recentProjectSchema)),
  /** Forgets a recent project; its files stay. */
  forget: oc.input(z.object({ path: z.string() })).output(z.void()),
  /**
   * Creates `folder/Name.loupe`, opens it and returns the recovery key, which is shown once and stored nowhere.
   * Errors: project/already-exists, project/passphrase-weak, project/read-only.
   */
  create: oc
    .input(
      z.object({
        name: z.string().trim().min(1).max(120),
        folder: z.string().optional().describe("default: app.info().projectsFolder"),
        member: z.string().trim().min(1).max(120),
        passphrase: newPassphrase,
      }),
    )
    .output(z.object({ project: projectSchema, recoveryKey: z.string() })),
  /** Errors: project/not-a-project, project/key-wrong, project/not-encrypted, project/newer-version, project/corrupt. */
  open: oc
    .input(z.object({ path: z.string(), passphrase: z.string(), member: z.string().optional() }))
    .output(projectSchema),
  /** Opens with the printed recovery key and gives the first administrator a new passphrase. */
  recover: oc
    .input(z.object({ path: z.string(), recoveryKey: z.string(), passphrase: newPassphrase }))
    .output(projectSchema),
  /** Everybody who can open the project or could once, oldest first. */
  members: oc.output(z.array(memberEntrySchema)),
  /** Gives somebody a passphrase of their own. Administrators only. Errors: project/not-allowed, project/passphrase-weak, app/invalid-input. */
  addMember: oc
    .input(z.object({ name: z.string().trim().min(1).max(120), role: roleSchema, passphrase: newPassphrase }))
    .output(memberSchema),
  /**
   * Changes what somebody may do. Administrators only; the last administrator stays one.
   * Errors: project/not-allowed, project/last-administrator, app/not-found.
   */
  setRole: oc.input(z.object({ id: z.string(), role: roleSchema })).output(memberSchema),
  /**
   * Takes somebody's key away: the project is copied under a new key, so that neither their passphrase nor a key that they kept opens it as
   * it is from now on. Their labels and audit entries stay. The recovery key changes too: the answer is the new one, shown once.
   * Takes seconds for a gigabyte; writing is refused meanwhile (project/locked), reading is not. `rekeying` events tell how far it is;
   * aborting the call stops it as long as nothing was replaced. Administrators only.
   * Errors: project/not-allowed, project/last-administrator, project/in-use (another window or a running job), project/key-old,
   * project/disk-full, app/not-found, app/aborted.
   */
  removeMember: oc.input(z.object({ id: z.string() })).output(z.object({ recoveryKey: z.string() })),
  /** A new recovery key and a new data key; the old recovery key opens nothing any more. As `removeMember`, without removing anybody. */
  renewRecoveryKey: oc.output(z.object({ recoveryKey: z.string() })),
  /** Re-wraps the current member's private key. Errors: project/key-wrong when `current` is not right. */
  changePassphrase: oc.input(z.object({ current: z.string(), next: newPassphrase })).output(z.void()),
  /**
   * Opening without a passphrase on this machine, by the key store of the system. `available`: this host has one; `remembered`: the member who
   * has the open project unlocked can open it so. false, false while no project is open and none is remembered.
   */
  keyStore: oc.output(z.object({ available: z.boolean(), remembered: z.boolean() })),
  /** From now on the current member opens the project on this machine without a passphrase. Errors: project/key-wrong, app/unsupported-platform. */
  rememberOnThisMachine: oc.input(z.object({ passphrase: z.string() })).output(z.void()),
  /** The current member's passphrase is asked for again on this machine. Nothing happens where it was not remembered. */
  forgetOnThisMachine: oc.output(z.void()),
  /** Opens as the member who was remembered on this machine. Errors: project/not-remembered, app/unsupported-platform, and those of `open`. */
  openRemembered: oc.input(z.object({ path: z.string() })).output(projectSchema),
  /** Closes the project and wipes its key from memory. Running jobs are stopped first (they can be resumed). */
  lock: oc.output(z.void()),
  /** null when no project is open. */
  current: oc.output(projectSchema.nullable()),
};
