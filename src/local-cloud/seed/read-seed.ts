import { readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, sep } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { isErrno } from "../../common/errno.ts";
import { messageOf } from "../../common/errors.ts";
import { schemaProblems } from "../../common/schema-problems.ts";
import { isRegionName } from "../folder/region-folders.ts";
import { LocalCloudError } from "../local-cloud-error.ts";

const FILES = ["seed.yaml", "seed.yml", "seed.json"];

const role = z.enum(["builder", "other", "outscale"]);
const tags = z.record(z.string(), z.string());

const region = {
  accounts: z
    .partialRecord(
      role,
      z.strictObject({
        id: z
          .string()
          .regex(/^\d{12}$/, "an account's id has 12 digits, in quotes")
          .optional(),
        access_key: z.string(),
        secret_key: z.string(),
      }),
    )
    .optional(),
  images: z
    .array(
      z.strictObject({
        name: z.string(),
        disk: z.string(),
        account: role.optional(),
        description: z.string().optional(),
        boot_modes: z.array(z.enum(["legacy", "uefi"])).optional(),
        public: z.boolean().optional(),
        tags: tags.optional(),
      }),
    )
    .optional(),
  volumes: z
    .array(
      z.strictObject({
        size: z.int().positive().optional(),
        type: z.enum(["standard", "gp2", "io1"]).optional(),
        iops: z.int().positive().optional(),
        disk: z.string().optional(),
        account: role.optional(),
        tags: tags.optional(),
      }),
    )
    .optional(),
};

const Seed = z.strictObject({
  ...region,
  /** What the other regions begin with, by their names. */
  regions: z
    .record(z.string().refine(isRegionName, "is no region's name"), z.strictObject(region).nullable())
    .optional(),
});

/** What a new cloud begins with. The paths of its disks are real paths inside its folder. */
export type Seed = z.infer<typeof Seed>;

/**
 * Reads the `seed.yaml` or `seed.json` of a folder.
 * @throws {LocalCloudError} when there is none, it has what is no seed's, or it names a disk outside the folder
 */
export async function readSeed(folder: string): Promise<Seed> {
  const { path, text } = await readFirst(folder);
  const seed = parseSeed(path, text);
  const inside = async <Item extends { readonly disk?: string | undefined }>(items: readonly Item[] = []) =>
    Promise.all(
      items.map(async (item) => (item.disk === undefined ? item : { ...item, disk: await diskIn(folder, item.disk) })),
    );
  const placed = async <Part extends Pick<Seed, "images" | "volumes">>(part: Part) => ({
    ...part,
    images: await inside(part.images),
    volumes: await inside(part.volumes),
  });
  const regions = Object.entries(seed.regions ?? {}).map(
    async ([name, part]) => [name, await placed(part ?? {})] as const,
  );
  const first = await placed(seed);
  return seed.regions === undefined ? first : { ...first, regions: Object.fromEntries(await Promise.all(regions)) };
}

/** The part of a seed that is for one region; nothing for a region that it does not name. */
export function seedOfRegion({ regions, ...first }: Seed, name: string | undefined): Seed {
  return name === undefined ? first : (regions?.[name] ?? {});
}

async function readFirst(folder: string): Promise<{ path: string; text: string }> {
  for (const name of FILES) {
    const path = join(folder, name);
    try {
      return { path, text: await readFile(path, "utf8") };
    } catch (cause) {
      if (!isErrno(cause, "ENOENT")) throw new LocalCloudError(`Cannot read the seed "${path}"`, { cause });
    }
  }
  throw new LocalCloudError(`The folder "${folder}" is not a seed: it has no ${FILES.join(" or ")}`);
}

function parseSeed(path: string, text: string): Seed {
  let given: unknown;
  try {
    given = parse(text);
  } catch (error) {
    throw new LocalCloudError(`The seed "${path}" cannot be read: ${messageOf(error)}`);
  }
  const result = Seed.safeParse(given ?? {});
  if (result.success) return result.data;
  throw new LocalCloudError(`The seed "${path}" is wrong: ${schemaProblems(result.error, "the seed").join("; ")}`);
}

/** We read as root, and the folder may come from somebody else: its links lead nowhere else. */
async function diskIn(folder: string, name: string): Promise<string> {
  const root = await realpath(folder);
  const path = await realpath(join(root, name)).catch((cause) => {
    throw new LocalCloudError(`The seed's disk "${name}" cannot be read`, { cause });
  });
  if (isAbsolute(name) || !path.startsWith(root + sep)) {
    throw new LocalCloudError(`The seed's disk "${name}" is outside of its folder`);
  }
  if (!(await stat(path)).isFile()) throw new LocalCloudError(`The seed's disk "${name}" is not a file`);
  return path;
}
