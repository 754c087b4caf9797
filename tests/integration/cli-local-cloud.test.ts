import { execFile } from "node:child_process";
import { mkdtemp, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { runProgram } from "../../src/run-program.ts";
import { type Answer, signedCall } from "../support/local-cloud/signed-call.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { type RecordingIo, recordingIo } from "../support/terminal/recording-io.ts";

const execute = promisify(execFile);
const describe = requirePrograms("losetup", "partx", "mkfs.ext4");

let folder: string;
/** What a test that failed has not stopped. */
const running: (() => Promise<number>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-local-cloud-"));
});
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
  await resetLocalCloud(folder);
  await rm(folder, { recursive: true, force: true });
});

interface RunningCloud {
  readonly written: RecordingIo["written"];
  /** A call with the keys that the command has printed. */
  call(action: string, request: unknown): Promise<Answer>;
  /** As Ctrl-C does. @returns the exit code */
  stop(): Promise<number>;
}

/** `local-cloud start`, until it has printed the environment. */
async function start(...flags: readonly string[]): Promise<RunningCloud> {
  const io = recordingIo();
  const printed = new Promise<void>((resolve) => {
    const { writeExact } = io.stdout;
    io.stdout.writeExact = (text) => {
      writeExact(text);
      resolve();
    };
  });
  const ended = runProgram(["local-cloud", "start", "-state", folder, ...flags], io);
  await Promise.race([printed, ended]);
  const variables = new Map(
    [...io.written.stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
  );
  const caller = {
    endpoint: variables.get("OSC_ENDPOINT_API") ?? "",
    accessKey: variables.get("OSC_ACCESS_KEY") ?? "",
    secretKey: variables.get("OSC_SECRET_KEY") ?? "",
  };
  const stop = () => {
    io.send("SIGINT");
    return ended;
  };
  running.push(stop);
  return { written: io.written, call: (action, request) => signedCall(caller, action, request), stop };
}

/** What a client of another language sends for what it leaves out. */
const sloppy = { NoSuchField: 1 };

/** A volume that is linked to the builder's VM. @returns its id */
async function linkVolume({ call }: RunningCloud, vmId?: string): Promise<string> {
  const { Vms } = (await call("ReadVms", {})).body;
  const { VmId, Placement } = Vms.find((vm: { VmId: string }) => vm.VmId === vmId) ?? Vms[0];
  const created = await call("CreateVolume", { SubregionName: Placement.SubregionName, Size: 1 });
  const { VolumeId } = created.body.Volume;
  const becomes = (expected: object) =>
    expect
      .poll(async () => (await call("ReadVolumes", { Filters: { VolumeIds: [VolumeId] } })).body.Volumes[0])
      .toMatchObject(expected);
  await becomes({ State: "available" });
  await call("LinkVolume", { VolumeId, VmId, DeviceName: "/dev/xvdf" });
  await becomes({ LinkedVolumes: [{ State: "attached" }] });
  return VolumeId;
}

/** As if the machine had been started again without it. */
async function loseDisk(file: string): Promise<void> {
  const { stdout } = await execute("losetup", ["--associated", file, "--noheadings", "--output", "NAME"]);
  await execute("losetup", ["--detach", stdout.trim()]);
  await rm(file);
}

describe("outscale-chroot local-cloud start", () => {
  it("prints keys that work, and ends when it is told to", async () => {
    const cloud = await start();
    const { status, body } = await cloud.call("ReadVolumes", {});
    expect({ status, volumes: body.Volumes.length }).toEqual({ status: 200, volumes: 1 });
    expect(await cloud.call("ReadVolumes", sloppy)).toMatchObject({ status: 400 });
    expect(await cloud.stop()).toBe(0);
  });

  it("takes what the service refuses with -lenient", async () => {
    const cloud = await start("-lenient");
    expect(await cloud.call("ReadVolumes", sloppy)).toMatchObject({ status: 200 });
    expect(await cloud.stop()).toBe(0);
  });

  it("warns when it listens for others, and says what they reach", async () => {
    const cloud = await start("-listen", "0.0.0.0", "-well-known-keys");
    expect(cloud.written.stderr).toMatch(/^Warning: It listens on 0\.0\.0\.0, in clear text: .*keys are well known/m);
    expect((await cloud.call("ReadVolumes", {})).status).toBe(200);
    expect(await cloud.stop()).toBe(0);
    const quiet = await start();
    expect(quiet.written.stderr).not.toContain("Warning");
    expect(await quiet.stop()).toBe(0);
  });

  it("gives each of several VMs devices of its own, under the same names", async () => {
    const cloud = await start("-vms", "2");
    const { Vms } = (await cloud.call("ReadVms", {})).body;
    for (const { VmId } of Vms) await linkVolume(cloud, VmId);
    const devices = ["dev/xvdf", `vms/${Vms[1].VmId}/dev/xvdf`].map((path) => readlink(join(folder, path)));
    expect(new Set(await Promise.all(devices)).size).toBe(2);
    expect(await cloud.stop()).toBe(0);
  });

  it("says what it could not put back, and so does status", async () => {
    const first = await start();
    const id = await linkVolume(first);
    await first.stop();
    await loseDisk(join(folder, "disks", `${id}.raw`));
    const second = await start();
    expect(second.written.stderr).toMatch(new RegExp(`^Warning: .*${id}`, "m"));
    const io = recordingIo();
    await runProgram(["local-cloud", "status", "-state", folder], io);
    expect(io.written.stdout).toMatch(new RegExp(`^problem: .*${id}`, "m"));
    expect(await second.stop()).toBe(0);
  });
});
