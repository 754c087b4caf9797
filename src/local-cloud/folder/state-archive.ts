import { randomBytes } from "node:crypto";
import { linkSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import * as z from "zod";
import { hostRunner } from "../../host/run-command.ts";
import { parseAccounts } from "../accounts.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { writeWholeFile } from "./durable-files.ts";
import { lockFolder } from "./folder-lock.ts";
import { hasCloud, KEYS_FILE, MEMORY_FILE } from "./state-folder.ts";

const FORMAT = 1;
const STATE = "state.json";
/** Every member that an archive may have. */
const MEMBER = /^(?:accounts\.json|state\.json|disks\/|disks\/(?:vol|snap)-[0-9a-f]{8}\.raw)$/;

const id = (prefix: string) => z.string().regex(new RegExp(`^(?:${prefix})-[0-9a-f]{8}$`));
const record = (prefix: string, api: z.ZodRawShape) =>
  z.looseObject({ id: id(prefix), accountId: z.string(), api: z.looseObject(api) });

/** What of the objects becomes a path here is checked; the rest was checked by the cloud that wrote it. */
const State = z.strictObject({
  format: z.literal(FORMAT),
  disks: z.enum(["loop", "memory"]),
  tables: z.strictObject({
    volumes: z.array(
      record("vol", {
        VolumeId: id("vol"),
        SnapshotId: id("snap").optional(),
        LinkedVolumes: z.array(z.looseObject({ VmId: id("i"), VolumeId: id("vol"), DeviceName: z.string() })),
      }),
    ),
    snapshots: z.array(
      record("snap", { SnapshotId: id("snap") }).extend({ source: z.looseObject({ id: id("vol|snap") }) }),
    ),
    images: z.array(record("ami", { ImageId: id("ami") })),
    vms: z.array(record("i", { VmId: id("i") })).min(1),
    volumeTasks: z.array(record("vol-update", { VolumeId: id("vol") })),
    violations: z.array(z.looseObject({ id: z.string() })),
  }),
});

/**
 * Writes everything of a cloud to one file that its owner alone can read: it has the keys. A name in `.gz`, `.xz` or `.zst`
 * compresses it. What is being written to a linked volume meanwhile may be in it by half, as in a snapshot.
 */
export async function exportState(
  cloud: OpenCloud,
  { file }: { readonly file: string },
): Promise<{ readonly file: string }> {
  const { settings, store, disks, host, accounts } = cloud;
  // Among the disks: should we be killed, the next start removes what nothing names there.
  const folder = join(settings.stateFolder, "disks");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const staging = await mkdtemp(join(folder, "export-"));
  const path = resolve(file);
  const partial = join(dirname(path), `.${randomBytes(8).toString("hex")}-${basename(path)}`);
  try {
    await mkdir(join(staging, "disks"));
    for (const { id } of store.volumes.values()) await disks.flush(id);
    // From here to the last link no call comes between: objects and disks are of one moment.
    const tables = store.dump();
    const names = [...tables.volumes, ...tables.snapshots]
      .map(({ id }) => id)
      .filter((id) => disks.path(id) && disks.has(id));
    for (const id of names) linkSync(disks.path(id) ?? "", join(staging, "disks", `${id}.raw`));
    await writeFile(join(staging, STATE), JSON.stringify({ format: FORMAT, disks: settings.blocks, tables }));
    await writeFile(join(staging, KEYS_FILE), JSON.stringify(accounts.all));
    await writeFile(partial, "", { flag: "wx", mode: 0o600 });
    const members = [STATE, KEYS_FILE, "disks"];
    await host.run(["tar", "--create", "--sparse", "--auto-compress", "--file", partial, "-C", staging, ...members]);
    await rename(partial, path);
    return { file: path };
  } finally {
    await rm(partial, { force: true });
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Makes a cloud of what {@link exportState} has written, in a folder that has none.
 * @throws {LocalCloudError} when there is a cloud already, or the file is no such archive; nothing is made then
 */
export async function importState(stateFolder: string, file: string): Promise<void> {
  if (hasCloud(stateFolder)) {
    const hint = "Give a new -state, or reset this one";
    throw new LocalCloudError(`There is a local cloud in "${stateFolder}" already`, { hint });
  }
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(stateFolder);
  if (!lock) throw new LocalCloudError(`Another process uses the state folder "${stateFolder}"`);
  const staging = await mkdtemp(join(stateFolder, "import-"));
  try {
    await unpack(resolve(file), staging);
    const { disks, tables } = await readState(join(staging, STATE));
    const accounts = parseAccounts(await readFile(join(staging, KEYS_FILE), "utf8"));
    await rename(join(staging, "disks"), join(stateFolder, "disks"));
    await writeWholeFile(join(stateFolder, STATE), JSON.stringify({ line: 0, tables }));
    if (disks === "memory") await writeFile(join(stateFolder, MEMORY_FILE), "", { mode: 0o600 });
    // Last: they make the folder a cloud's.
    await writeWholeFile(join(stateFolder, KEYS_FILE), `${JSON.stringify(accounts, null, 2)}\n`);
  } finally {
    await rm(staging, { recursive: true, force: true });
    lock.release();
  }
}

async function unpack(file: string, staging: string): Promise<void> {
  const host = hostRunner();
  const list = async (...flags: readonly string[]) =>
    (await host.run(["tar", "--list", "--quoting-style=escape", ...flags, "--file", file])).stdout
      .trimEnd()
      .split("\n");
  const [names, lines] = await Promise.all([list(), list("--verbose")]);
  const stranger = names.find((name) => !MEMBER.test(name));
  // Files, folders, and second names of files in the archive; no link, no device.
  const isPlain = lines.every((line) => /^[-dh]/.test(line));
  if (stranger !== undefined || !isPlain || !names.includes(STATE) || !names.includes(KEYS_FILE)) {
    throw new LocalCloudError(`"${file}" is no exported state`, { hint: "local-cloud export-state writes one" });
  }
  await host.run(["tar", "--extract", "--no-same-owner", "--no-same-permissions", "--file", file, "-C", staging]);
  const raws = names.filter((name) => name.endsWith(".raw"));
  await mkdir(join(staging, "disks"), { recursive: true, mode: 0o700 });
  await chmod(join(staging, "disks"), 0o700);
  for (const name of raws) await chmod(join(staging, name), 0o600);
}

async function readState(path: string): Promise<z.infer<typeof State>> {
  const result = State.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new LocalCloudError(`The exported state is wrong: ${issue?.path.join(".")}: ${issue?.message}`);
}
