import { access, chmod, constants, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { syncPath, writeWholeFile } from "../../common/whole-file.ts";
import { hostRunner } from "../../host/run-command.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import { lockFolder } from "./folder-lock.ts";
import { type HeldRun, heldRunner } from "./held-runner.ts";
import { MEMBER, readArchive, STATE } from "./state-archive.ts";
import { hasCloud, KEYS_FILE, MEMORY_FILE, OBJECTS_FOLDER } from "./state-folder.ts";
import { moveWhole, settleUnfinished, withUnfinished } from "./unfinished.ts";

/** Where what an archive has goes; the keys come last: they make the folder a cloud's. */
const NAMES = ["disks", OBJECTS_FOLDER, STATE, MEMORY_FILE, KEYS_FILE];

/**
 * Makes a cloud of what `exportState` has written, in a folder that has none. Killed at any moment it has made nothing, or
 * all of it once the next command has put the folder in order.
 * @throws {LocalCloudError} when there is a cloud already, or the file is no such archive; nothing is made then
 */
export async function importState(stateFolder: string, file: string): Promise<void> {
  assertNoCloud(stateFolder);
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(stateFolder);
  if (!lock) throw new LocalCloudError(`Another process uses the state folder "${stateFolder}"`);
  try {
    await settleUnfinished(stateFolder);
    assertNoCloud(stateFolder);
    const run = heldRunner(hostRunner(), lock.descriptor);
    const place = (token: string) => join(stateFolder, `import-${token}`);
    await withUnfinished(stateFolder, place, async (staging) => {
      await mkdir(staging, { mode: 0o700 });
      await unpack(run, resolve(file), staging);
      await makeFiles(staging);
      await moveWhole(staging, stateFolder, NAMES);
    });
  } finally {
    lock.release();
  }
}

function assertNoCloud(stateFolder: string): void {
  if (!hasCloud(stateFolder)) return;
  const hint = "Give a new -state, or reset this one";
  throw new LocalCloudError(`There is a local cloud in "${stateFolder}" already`, { hint });
}

/** Of the archive's files, those of a state folder. */
async function makeFiles(staging: string): Promise<void> {
  const { disks, tables, accounts } = await readArchive(staging);
  await writeWholeFile(join(staging, STATE), JSON.stringify({ line: 0, tables }));
  if (disks === "memory") await writeFile(join(staging, MEMORY_FILE), "", { mode: 0o600 });
  await writeWholeFile(join(staging, KEYS_FILE), `${JSON.stringify(accounts, null, 2)}\n`);
}

/** With programs that hold the lock: what they do after we were killed is done before anybody else looks. */
async function unpack(run: HeldRun, file: string, staging: string): Promise<void> {
  const list = async (...flags: readonly string[]) =>
    (await run(["tar", "--list", "--quoting-style=escape", ...flags, "--file", file])).trimEnd().split("\n");
  await access(file, constants.R_OK).catch((cause) => {
    throw new LocalCloudError(`Cannot read "${file}"`, { cause });
  });
  const [names, lines] = await Promise.all([list(), list("--verbose")]).catch((cause) => {
    throw noArchive(file, cause);
  });
  const stranger = names.find((name) => !MEMBER.test(name));
  // Files, folders, and second names of files in the archive; no link, no device.
  const isPlain = lines.every((line) => /^[-dh]/.test(line));
  if (stranger !== undefined || !isPlain || !names.includes(STATE) || !names.includes(KEYS_FILE)) {
    throw noArchive(file);
  }
  await run(["tar", "--extract", "--no-same-owner", "--no-same-permissions", "--file", file, "-C", staging]);
  await mkdir(join(staging, "disks"), { recursive: true, mode: 0o700 });
  await chmod(join(staging, "disks"), 0o700);
  await mkdir(join(staging, OBJECTS_FOLDER), { recursive: true, mode: 0o700 });
  await chmod(join(staging, OBJECTS_FOLDER), 0o700);
  for (const file of names.filter((name) => /^(?:disks|objects)\/./.test(name))) {
    await chmod(join(staging, file), 0o600);
    await syncPath(join(staging, file));
  }
}

function noArchive(file: string, cause?: unknown): LocalCloudError {
  return new LocalCloudError(`"${file}" is not an exported state`, {
    cause,
    hint: "`outscale-chroot local-cloud export-state` writes one",
  });
}
