import { createHash, createHmac, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Image } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import { snapshotIdsOf } from "./resources/image.ts";

/** Raised when the recipe makes something else of the same inputs: no OMI made before then counts as unchanged. */
const RECIPE = 1;

/** One thing that decides what a product is, and a digest of what it is now. */
export interface ProductInput {
  /** `option omi_name`, `provisioner 2 (shell)`, `file Makefile` */
  readonly name: string;
  readonly digest: string;
}

/** What goes into a product besides its source, from whoever knows the provisioners. */
export interface ProductInputs {
  readonly inputs: readonly ProductInput[];
  /** Reads them again: what has changed while the image was made is not what the image was made of. */
  readonly readAgain?: (() => Promise<readonly ProductInput[]>) | undefined;
  /** For the digests that are told to others and kept: who does not have it can guess no secret by them. */
  readonly key: string | Buffer;
}

/** What the builder itself knows of: the recipe, and the source with all that comes from it. */
export function ownInputs({ config }: Pick<Build, "config">, source: Image | undefined): readonly ProductInput[] {
  const inputs = [input("recipe", RECIPE)];
  if (source === undefined) return inputs;
  const { ImageId, Description = "", Tags } = source;
  inputs.push(input("source OMI", [ImageId, Description]), input("source snapshots", snapshotIdsOf(source)));
  const texts = [config.omiName, config.omiDescription, config.snapshotDescription, config.tags, config.snapshotTags];
  const usesTags = JSON.stringify(texts).includes("SourceOMITags");
  const pairs = Tags.map(({ Key, Value }) => [Key, Value]).sort();
  return usesTags ? [...inputs, input("source tags", pairs)] : inputs;
}

function input(name: string, value: unknown): ProductInput {
  return { name, digest: createHash("sha256").update(JSON.stringify(value)).digest("hex") };
}

/** The names of inputs that differ, or that only one side has. */
export function changedInputs(before: readonly ProductInput[], now: readonly ProductInput[]): readonly string[] {
  const digestsOf = (inputs: readonly ProductInput[]) => new Map(inputs.map(({ name, digest }) => [name, digest]));
  const [old, fresh] = [digestsOf(before), digestsOf(now)];
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name));
}

/** The same inputs with digests that others may see. */
export function concealed(inputs: readonly ProductInput[], key: string | Buffer): readonly ProductInput[] {
  return inputs.map(({ name, digest }) => ({ name, digest: createHmac("sha256", key).update(digest).digest("hex") }));
}

/** A guess costs as much as this: about a tenth of a second, and 32 MiB. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 ** 2 };
const slowHash: (text: Buffer, salt: string, length: number, cost: typeof COST) => Promise<Buffer> = promisify(scrypt);

/**
 * One digest over everything, which goes into a tag. Whoever reads tags and knows all else could try out what a weak secret
 * is: it is made as slow as the hash of a password, and another one in every account.
 */
export async function digestInputs(inputs: readonly ProductInput[], accountId: string): Promise<string> {
  const pairs = inputs.map(({ name, digest }) => [name, digest]).sort();
  const all = createHash("sha256").update(JSON.stringify(pairs)).digest();
  return `v1-${(await slowHash(all, `outscale-chroot inputs of ${accountId}`, 32, COST)).toString("hex")}`;
}
