import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { runProgram } from "../../src/run-program.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

const describe = requirePrograms(...buildPrograms);

let folder: string;
let cloud: LocalCloud;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-exit-codes-"));
  cloud = await startLocalCloud({ stateFolder: join(folder, "cloud") });
});
afterAll(async () => {
  await cloud.close();
  await resetLocalCloud(join(folder, "cloud"));
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  cloud.faults.clear();
  expect(await run(["cleanup"])).toMatchObject({ exitCode: 0 });
  const { violations, volumes } = await cloud.status();
  expect({ violations, volumes }).toEqual({ violations: [], volumes: 1 });
});

async function run(argv: readonly string[], changes: NodeJS.ProcessEnv = {}) {
  const env = { ...cloud.environment, OUTSCALE_CHROOT_STATE: folder, PATH: process.env.PATH, ...changes };
  const io = recordingIo({ env });
  return { exitCode: await runProgram(argv, io), ...io.written };
}

/** Builds a template with these options and lines of a build block. */
async function build(options: string, provisioner: string, changes?: NodeJS.ProcessEnv) {
  const path = join(folder, "failing.pkr.hcl");
  const source = `omi_name = "failing"\nsource_omi_filter {\nowners = ["Outscale"]\n}\n${options}`;
  const text = `source "outscale-chroot" "x" {\n${source}\n}\nbuild {\nsources = ["outscale-chroot.x"]\n${provisioner}\n}\n`;
  await writeFile(path, text);
  return run(["build", path], changes);
}

const off = 'boot_check = "off"';
const shell = (line: string, more = "") => `provisioner "shell" {\ninline = ["${line}"]\n${more}\n}`;

describe("outscale-chroot build", () => {
  it.each<[code: string, exitCode: number, options: string, provisioner: string, changes?: NodeJS.ProcessEnv]>([
    ["E_DEVICE", 7, `${off}\nmount_partition = "7"`, ""],
    ["E_MOUNT", 8, `${off}\nmount_options = ["no-such-option"]`, ""],
    ["E_COMMAND", 9, `${off}\npre_mount_commands = ["exit 3"]`, ""],
    ["E_PROVISION", 10, off, shell("exit 3")],
    ["E_TRANSFER", 10, `${off}\ncopy_files = ["/no/such/file"]`, ""],
    ["E_TIMEOUT", 11, off, shell("sleep 60", 'timeout = "50ms"')],
    ["E_BOOT_CHECK", 13, 'boot_check = "strict"', ""],
    ["E_AUTH", 5, off, "", { OSC_SECRET_KEY: "0123456789ABCDEF0123456789ABCDEF01234567" }],
    ["E_AUTH", 5, off, "", { OSC_ACCESS_KEY: "", OSC_SECRET_KEY: "" }],
    ["E_METADATA", 6, off, "", { OUTSCALE_CHROOT_METADATA_ENDPOINT: "http://127.0.0.1:1" }],
    ["E_POST_PROCESS", 10, off, 'post-processor "shell-local" {\ninline = ["exit 3"]\n}'],
  ])("that fails with %s ends with %i", async (code, exitCode, options, provisioner, changes) => {
    const result = await build(options, provisioner, changes);
    expect(result.stderr).toContain(`code      ${code}\n`);
    expect(result.exitCode).toBe(exitCode);
  });

  it("ends with 6 when the service refuses", async () => {
    cloud.faults.add({ kind: "too-many-volumes", action: "CreateVolume" });
    const result = await build(off, "");
    expect(result).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("code      E_API\n") });
  });

  it("ends with 6 when what it waits for fails", async () => {
    cloud.faults.add({ kind: "fail", transition: "snapshot.in-queue" });
    const result = await build(off, "");
    expect(result).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("code      E_WAIT\n") });
  });
});
