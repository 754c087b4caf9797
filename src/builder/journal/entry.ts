import { z } from "zod";
import { PARSED_ONCE } from "../../common/parsed-once.ts";
import { schemaProblems } from "../../common/schema-problems.ts";
import { type CopyWish, copyWishSchema } from "../region-copy/copy-wish.ts";
import { absolutePath } from "./absolute-path.ts";

/** Plain JSON: what a journal entry may carry. What is undefined is left out. */
type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

/** The form of the journal's entries. It counts up whenever an older version would misread what a newer one writes. */
export const JOURNAL_FORMAT = 1;

const text = z.string().min(1);
const seq = z.int().positive();
const values = z.record(z.string(), z.json());

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const work = {
  part: z.enum(["pre-mount", "post-mount", "provisioner"]),
  number: z.int().positive(),
  count: z.int().positive(),
  name: text,
  digest: text,
  mounts: z.boolean().optional(),
};

const lentFile = z.strictObject({
  path: absolutePath,
  aside: z
    .string()
    .regex(/^\.outscale-chroot-[0-9a-f]+$/)
    .nullable(),
  sha256: text,
  sizeBytes: z.int().nonnegative(),
  madeFolders: z.array(absolutePath).optional(),
  immutableInode: z
    .string()
    .regex(/^[0-9]+$/)
    .optional(),
});
const lentFolders = z.strictObject({ path: absolutePath, madeFolders: z.array(absolutePath) });
const loan = z.union([lentFile, lentFolders]);

const header = {
  runId: z.string().regex(/^[0-9a-f]{12}$/),
  buildName: z.string(),
  startedAt: z.iso.datetime(),
  version: text,
  pid: z.int().positive(),
  endpoint: text,
  region: text,
  accountId: text,
  profile: z.string().nullable(),
  deviceFolder: absolutePath,
  localCloud: absolutePath.nullable(),
};

const entry = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("run"), format: z.literal(JOURNAL_FORMAT), ...header }),
  z.strictObject({ type: z.literal("intent"), seq, kind: text, intent: values }),
  z.strictObject({ type: z.literal("result"), seq, id: text }),
  z.strictObject({ type: z.literal("facts"), seq, facts: values }),
  z.strictObject({ type: z.literal("released"), seq }),
  z.strictObject({ type: z.literal("kept"), seqs: z.array(seq) }),
  z.strictObject({
    type: z.literal("sandbox"),
    pid: z.int().positive(),
    mountPath: absolutePath,
    container: z.int().positive().optional(),
  }),
  z.strictObject({ type: z.literal("root"), partition: z.int().nonnegative(), mountOptions: z.array(z.string()) }),
  z.strictObject({ type: z.literal("origin"), origin: values }),
  z.strictObject({ type: z.literal("base"), base: z.record(z.string(), scalar) }),
  z.strictObject({ type: z.literal("copies"), copies: copyWishSchema }),
  z.strictObject({ type: z.literal("done"), ...work }),
  z.strictObject({ type: z.literal("lent"), loan }),
  z.strictObject({ type: z.literal("returned"), path: text }),
  z.strictObject({ type: z.literal("end"), outcome: text }),
]);

/** What a later `cleanup` has to know to find the same account again. */
export interface RunHeader {
  readonly runId: string;
  readonly buildName: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly version: string;
  readonly pid: number;
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** The profile that the credentials came from, if one was named. */
  readonly profile: string | null;
  /** Where the device nodes and links of this VM are. */
  readonly deviceFolder: string;
  /** The state folder of the embedded cloud of a `--local` run: `cleanup` starts it again. */
  readonly localCloud: string | null;
}

/** First processes, as this machine numbers them. */
export interface LiveSandbox {
  readonly pid: number;
  readonly mountPath: string;
  readonly container?: number | undefined;
}

/** What a build starts its image from: with another one it would be another image. */
export type Base = Readonly<Record<string, string | number | boolean | null>>;

/** A command or a provisioner that has run to its end. A resumed run does not run it again. */
export interface DoneWork {
  readonly part: "pre-mount" | "post-mount" | "provisioner";
  /** Its place in its part, from 1, and how many there were. */
  readonly number: number;
  readonly count: number;
  /** As a person knows it: `provisioner "shell" (web.pkr.hcl:12)`. */
  readonly name: string;
  /** Of all that it was made of: another one means that it has changed. */
  readonly digest: string;
  /** It has mounted something, which is gone with its run. */
  readonly mounts?: boolean | undefined;
}

/** A file of ours that the image has for the time of provisioning. */
export interface LentFile {
  /** In the image. */
  readonly path: string;
  /** What was there lies beside it under this name; null if nothing was. */
  readonly aside: string | null;
  /** Of our file's content. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Folders that were made for it, outermost first. */
  readonly madeFolders?: readonly string[] | undefined;
  /** Inode of what was there, which has lost the attribute `i` of chattr(1). */
  readonly immutableInode?: string | undefined;
}

/** Folders that the image has for the time of provisioning, so that something can be mounted there. */
export interface LentFolders {
  /** The mount point. */
  readonly path: string;
  /** Outermost first. */
  readonly madeFolders: readonly string[];
}

export type RecordedLoan = LentFile | LentFolders;

export type JournalEntry =
  | ({ readonly type: "run"; readonly format: typeof JOURNAL_FORMAT } & RunHeader)
  /** Written before a resource is asked for: from here on it may exist. */
  | { readonly type: "intent"; readonly seq: number; readonly kind: string; readonly intent: JsonObject }
  | { readonly type: "result"; readonly seq: number; readonly id: string }
  /** Something learned later that a release needs, such as the device of a link. */
  | { readonly type: "facts"; readonly seq: number; readonly facts: JsonObject }
  /** Nothing was made, or what was made is gone again. */
  | { readonly type: "released"; readonly seq: number }
  /** These are the product: no longer ours to remove. One entry for all of them, as they are a product only together. */
  | { readonly type: "kept"; readonly seqs: readonly number[] }
  /** The sandbox of a live build, and while it is provisioned the container of its image, which `shell` enters. */
  | ({ readonly type: "sandbox" } & LiveSandbox)
  /** What is the root, and how the template has it mounted: `shell` mounts a kept volume in the same way. */
  | { readonly type: "root"; readonly partition: number; readonly mountOptions: readonly string[] }
  /** What whoever has begun the run needs to go on with it (`resume`): its template and how it is read. */
  | { readonly type: "origin"; readonly origin: JsonObject }
  | { readonly type: "base"; readonly base: Base }
  /** The copies that the product is to have in other regions. */
  | { readonly type: "copies"; readonly copies: CopyWish }
  /** It is the last one of its part that is done: those that had its number or a higher one are forgotten. */
  | ({ readonly type: "done" } & DoneWork)
  /** Written before the file is put there, or the folders are made. */
  | { readonly type: "lent"; readonly loan: RecordedLoan }
  | { readonly type: "returned"; readonly path: string }
  | { readonly type: "end"; readonly outcome: string };

/** One line of a journal, as it is: what is needed to find a thing again is never masked. */
export function formatEntry(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/**
 * Reads one line.
 * @throws {Error} with what is wrong with it
 */
export function parseEntry(line: string): JournalEntry {
  const value = parseJson(line);
  const format = formatOf(value);
  if (format !== undefined && format > JOURNAL_FORMAT) {
    throw new Error(`a newer version wrote it (format ${format}, not ${JOURNAL_FORMAT}): use that one`);
  }
  const parsed = entry.safeParse(value, PARSED_ONCE);
  if (parsed.success) return parsed.data;
  throw new Error(schemaProblems(parsed.error).join("; "));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error("it is not JSON");
  }
}

function formatOf(value: unknown): number | undefined {
  const isHeader = typeof value === "object" && value !== null && "type" in value && value.type === "run";
  return isHeader && "format" in value && typeof value.format === "number" ? value.format : undefined;
}
