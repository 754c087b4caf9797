import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fillDisk } from "../../tests/support/local-cloud/full-disk.ts";
import { type Answer, type Caller, signedCall, signedHeaders } from "../../tests/support/local-cloud/signed-call.ts";
import { startServer } from "../../tests/support/outscale/start-server.ts";
import { version } from "../common/version.ts";
import { WELL_KNOWN_KEYS } from "./accounts.ts";
import {
  followCalls,
  localCloudImages,
  localCloudSnapshots,
  localCloudStatus,
  localCloudVolumes,
  resetLocalCloud,
  runningLocalCloud,
  stopLocalCloud,
  waitForLocalCloud,
} from "./administer-cloud.ts";
import { findRunningServer } from "./control/running-server.ts";
import type { Fault } from "./faults.ts";
import type { LocalCloudOptions } from "./options.ts";
import { type LocalCloud, startLocalCloud } from "./start-local-cloud.ts";

describe("startLocalCloud()", () => {
  let folder: string;
  let cloud: LocalCloud;
  const caller = (): Caller => ({ endpoint: cloud.endpoint, ...cloud.account("builder") });
  const call = (action: string, request: unknown = {}) => signedCall(caller(), action, request);
  const codeOf = ({ status, body }: Answer) => [status, body.Errors?.[0].Code];
  const create = { SubregionName: "eu-west-2a", Size: 1 };

  async function restart(options: Partial<LocalCloudOptions> = {}): Promise<void> {
    await cloud?.close();
    cloud = await startLocalCloud({ stateFolder: join(folder, "state"), blocks: "memory", ...options });
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "local-cloud-"));
    await restart();
  });
  afterEach(async () => {
    await cloud.close();
    await rm(folder, { recursive: true });
  });

  describe("faults", () => {
    it.each<[Fault, unknown[]]>([
      [{ kind: "throttled-account" }, [429, "24"]],
      [{ kind: "throttled-call", action: "ReadVms" }, [429, "25"]],
      [{ kind: "throttled" }, [503, "6"]],
      [{ kind: "internal-error" }, [500, "2000"]],
      [{ kind: "too-many-volumes", action: "ReadVms" }, [400, "10018"]],
    ])("answer %j once", async (fault, expected) => {
      cloud.faults.add(fault);
      expect(codeOf(await call("ReadVms"))).toEqual(expected);
      expect((await call("ReadVms")).status).toBe(200);
    });

    it.each<[Fault["kind"], string, string[]]>([
      ["too-many-concurrent-snapshots", "10008", ["CreateSnapshot", "CreateImage"]],
      ["too-many-volumes", "10018", ["CreateVolume", "LinkVolume"]],
      ["too-many-snapshots", "10026", ["CreateSnapshot", "CreateImage"]],
    ])("answer %s to the calls that can run into it alone", async (kind, code, actions) => {
      for (const action of actions) {
        cloud.faults.add({ kind } as Fault);
        expect((await call("ReadVms")).status).toBe(200);
        expect(codeOf(await call(action, {}))).toEqual([400, code]);
      }
    });

    it("skip, repeat, and keep to their action", async () => {
      cloud.faults.add({ kind: "throttled", action: "ReadVms", skip: 1, times: 2, retryAfterSeconds: 7 });
      expect((await call("ReadVolumes")).status).toBe(200);
      const answers = [await call("ReadVms"), await call("ReadVms"), await call("ReadVms"), await call("ReadVms")];
      expect(answers.map(({ status }) => status)).toEqual([200, 503, 503, 200]);
      expect(answers[1]?.headers.get("retry-after")).toBe("7");
    });

    it("drop the connection before the call takes effect, or after", async () => {
      cloud.faults.add({ kind: "drop-before", action: "CreateVolume" });
      await expect(call("CreateVolume", { ...create, ClientToken: "before" })).rejects.toThrow();
      cloud.faults.add({ kind: "drop-after", action: "CreateVolume" });
      await expect(call("CreateVolume", { ...create, ClientToken: "after" })).rejects.toThrow();
      const { Volumes } = (await call("ReadVolumes", { Filters: { ClientTokens: ["before", "after"] } })).body;
      expect(Volumes.map(({ ClientToken }: { ClientToken: string }) => ClientToken)).toEqual(["after"]);
    });

    it("are set, listed and cleared through the control door, with its token alone", async () => {
      const door = await findRunningServer(join(folder, "state"));
      const control = async (operation: string, given: unknown, token = door?.token) => {
        const headers = { authorization: `Bearer ${token}` };
        const response = await fetch(`${door?.url}/_control/${operation}`, {
          method: "POST",
          headers,
          body: JSON.stringify(given),
        });
        return { status: response.status, body: (await response.json()) as Answer["body"] };
      };
      const fault = { kind: "throttled", times: 3 };
      expect((await control("add-fault", fault, "wrong")).status).toBe(403);
      expect((await control("add-fault", { kind: "no such" })).status).toBe(400);
      const { status, body } = await control("add-fault", { ...fault, times: "often" });
      expect([status, body.error]).toEqual([400, expect.stringMatching(/^add-fault cannot take that: times: [^{[]+$/)]);
      expect((await control("no-such", {})).status).toBe(404);
      expect(cloud.faults.list()).toEqual([]);
      expect((await control("add-fault", fault)).body.result).toEqual([fault]);
      expect((await call("ReadVms")).status).toBe(503);
      expect((await control("clear-faults", {})).body.result).toEqual([]);
      expect((await call("ReadVms")).status).toBe(200);
    });
  });

  it("keeps everything over a restart: objects, keys and the VM", async () => {
    const { VolumeId } = (await call("CreateVolume", create)).body.Volume;
    const before = { environment: cloud.environment, vmId: cloud.vmId };
    await restart({ port: Number(new URL(cloud.endpoint).port) });
    expect({ environment: cloud.environment, vmId: cloud.vmId }).toEqual(before);
    expect((await call("ReadVolumes", { Filters: { VolumeIds: [VolumeId] } })).body.Volumes).toHaveLength(1);
  });

  it("keeps its region over a restart, and refuses to become another one's", async () => {
    await cloud.close();
    const stateFolder = join(folder, "far");
    cloud = await startLocalCloud({ stateFolder, blocks: "memory", region: "us-east-2" });
    await cloud.close();
    cloud = await startLocalCloud({ stateFolder, blocks: "memory" });
    expect(cloud.environment.OSC_REGION).toBe("us-east-2");
    await cloud.close();
    const moved = startLocalCloud({ stateFolder, blocks: "memory", region: "eu-west-2" });
    await expect(moved).rejects.toThrow("is of the region us-east-2, not eu-west-2");
  });

  it("lets nobody else read its keys", async () => {
    for (const name of ["accounts.json", "control.json", "state.json", "journal.jsonl"]) {
      expect((await stat(join(folder, "state", name))).mode & 0o077).toBe(0);
    }
    expect((await stat(join(folder, "state"))).mode & 0o077).toBe(0);
  });

  it("logs the requests without their secrets", async () => {
    await call("CheckAuthentication", { Login: "me", Password: "my password" });
    expect(cloud.requests.at(-1)).toMatchObject({
      action: "CheckAuthentication",
      accountId: cloud.account("builder").id,
      body: { Login: "me", Password: "<sensitive>" },
      status: 401,
      code: "1",
    });
  });

  it("keeps nothing large of a caller without a key", async () => {
    const action = "A".repeat(10_000);
    for (const path of ["ReadVms", "ReadRegions", action]) {
      const body = JSON.stringify({ Filler: "x".repeat(200_000) });
      await fetch(`${cloud.endpoint}/${path}`, { method: "POST", body });
    }
    expect(cloud.requests.length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(cloud.requests.slice(-3)).length).toBeLessThan(1_000);
  });

  it("refuses unknown fields and filters, unless it is not strict", async () => {
    const bad = { Filters: { VolumeIds: null, NoSuchFilter: ["x"] }, NoSuchField: 1 };
    expect(codeOf(await call("ReadVolumes", bad))).toEqual([400, "4045"]);
    await restart({ strict: false });
    expect((await call("ReadVolumes", bad)).status).toBe(200);
    expect(codeOf(await call("CreateVolume", { Size: "one" }))).toEqual([400, "4045"]);
  });

  it("tells an action that it lacks from one that does not exist", async () => {
    const refusalOf = async (action: string) => (await call(action)).body.Errors[0];
    expect(await refusalOf("CreateVms")).toMatchObject({
      Type: "NotEmulated",
      Details: expect.stringContaining("CreateVms"),
    });
    expect(await refusalOf("MakeCoffee")).toMatchObject({ Type: "DefaultError" });
  });

  it("takes the name of a copy that Packer's plugin makes, with a warning, when it is not strict", async () => {
    const [{ ImageId }] = (await call("ReadImages")).body.Images;
    const ImageName = "Debian-packer-copy-2026-01-01 00:00:00 +0000 UTC m=+1.09";
    const copy = { SourceImageId: ImageId, SourceRegionName: "eu-west-2", ImageName };
    expect(codeOf(await call("CreateImage", copy))).toEqual([400, "4026"]);
    const warnings: string[] = [];
    await restart({ strict: false, onWarning: (message) => warnings.push(message) });
    expect((await call("CreateImage", copy)).status).toBe(200);
    expect(warnings).toEqual([expect.stringContaining(ImageName)]);
    expect(codeOf(await call("CreateImage", { ...copy, ImageName: "a:b" }))).toEqual([400, "4026"]);
  });

  it("takes its time for an action that the latency profile names", async () => {
    const sleeps: number[] = [];
    const clock = { now: () => Date.now(), sleep: async (ms: number) => void sleeps.push(ms) };
    await restart({ clock, latency: { ReadVms: 70 } });
    await call("ReadVms");
    await call("ReadVolumes");
    expect(sleeps).toEqual([70, 0]);
  });

  it("locks an access key out after four bad signatures in a row, when told to", async () => {
    await restart({ lockOut: true });
    const bad = () => signedCall({ ...caller(), secretKey: "wrong" }, "ReadVms");
    for (let count = 0; count < 4; count++) expect(codeOf(await bad())).toEqual([401, "1"]);
    expect(codeOf(await call("ReadVms"))).toEqual([401, "13"]);
  });

  it("refuses what is no POST, no action, no signature", async () => {
    expect((await fetch(`${cloud.endpoint}/ReadVms`)).status).toBe(405);
    expect(codeOf(await call("NoSuchAction"))).toEqual([400, "0"]);
    const post = (headers: Record<string, string>) => fetch(`${cloud.endpoint}/ReadVms`, { method: "POST", headers });
    expect((await post({})).status).toBe(403);
    expect((await post({ authorization: "Bearer x" })).status).toBe(401);
  });

  it("answers the metadata of the builder's VM as plain text", async () => {
    const { VolumeId } = (await call("CreateVolume", create)).body.Volume;
    await cloud.idle();
    await call("LinkVolume", { VmId: cloud.vmId, VolumeId, DeviceName: "/dev/xvdf" });
    await call("CreateTags", { ResourceIds: [cloud.vmId], Tags: [{ Key: "a/b c", Value: "tag" }] });
    const read = async (key: string) => {
      const response = await fetch(`${cloud.metadataEndpoint}/latest/meta-data/${key}`);
      return response.status === 200 ? response.text() : response.status;
    };
    expect(await read("placement/availability-zone")).toBe("eu-west-2a");
    expect(await read("block-device-mapping/")).toBe("ami\nebs1\nroot");
    expect(await read("block-device-mapping/ebs1")).toBe("/dev/xvdf");
    expect(await read("block-device-mapping/root")).toBe("/dev/sda1");
    expect(await read(`tags/${encodeURIComponent("a/b c")}`)).toBe("tag");
    expect(await read("")).toContain("instance-id\n");
    expect(await read("no-such-key")).toBe(404);
  });

  it("tells who wants to build on disks in memory that nothing can be built there", async () => {
    const answer = await fetch(`${cloud.metadataEndpoint}/latest/meta-data/instance-id`);
    expect([answer.status, await answer.text()]).toEqual([501, expect.stringContaining("has its disks in memory")]);
    await expect(startLocalCloud({ stateFolder: join(folder, "state") })).rejects.toThrow("Another process uses");
    await cloud.close();
    const real = startLocalCloud({ stateFolder: join(folder, "state") });
    await expect(real).rejects.toThrow("has its disks in memory, and no build can use it");
  });

  it("has as many VMs as were asked for, each with its own metadata and devices, and keeps them", async () => {
    await restart({ vms: 3 });
    const { vms } = cloud;
    expect(new Set(vms.map(({ vmId }) => vmId)).size).toBe(3);
    expect(new Set(vms.map(({ deviceFolder }) => deviceFolder)).size).toBe(3);
    expect(vms[0]).toEqual({
      vmId: cloud.vmId,
      metadataEndpoint: cloud.metadataEndpoint,
      deviceFolder: cloud.deviceFolder,
    });
    const addresses = vms.map(async ({ metadataEndpoint }) =>
      (await fetch(`${metadataEndpoint}/latest/meta-data/local-ipv4`)).text(),
    );
    expect(await Promise.all(addresses)).toEqual(["10.0.0.10", "10.0.0.11", "10.0.0.12"]);
    const { VolumeId } = (await call("CreateVolume", create)).body.Volume;
    await cloud.idle();
    const link = { VmId: vms[1]?.vmId, VolumeId, DeviceName: "/dev/xvdf" };
    expect((await call("LinkVolume", link)).status).toBe(200);
    const mappings = async (id = "") =>
      (await call("ReadVms", { Filters: { VmIds: [id] } })).body.Vms[0].BlockDeviceMappings;
    expect([(await mappings(vms[0]?.vmId)).length, (await mappings(vms[1]?.vmId)).length]).toEqual([1, 2]);
    await restart({});
    expect(cloud.vms.map(({ vmId }) => vmId)).toEqual(vms.map(({ vmId }) => vmId));
  });

  it("answers /health without a key: ready, and how much there is", async () => {
    const answer = await fetch(new URL("/health", cloud.endpoint));
    const counts = { vms: 1, volumes: 1, snapshots: 1, images: 1, violations: 0, calls: 0 };
    const region = "eu-west-2";
    expect(await answer.json()).toEqual({ status: "ready", version, region, disks: "memory", counts });
    expect((await fetch(new URL("/health", cloud.endpoint), { method: "POST" })).status).toBe(405);
  });

  describe("on a disk that is full for a while", () => {
    const health = async () => {
      const answer = await fetch(new URL("/health", cloud.endpoint));
      return { code: answer.status, ...((await answer.json()) as object) };
    };
    let full: Disposable;
    beforeEach(async () => {
      full = await fillDisk();
    });
    afterEach(() => full[Symbol.dispose]());

    it("refuses every call, tells it in /health, and goes on when there is room", async () => {
      const { body } = await call("CreateVolume", { ...create, ClientToken: "one" });
      const message = "The local cloud cannot write to its disk, and keeps what was asked for until it can: ENOSPC";
      expect(body.Errors?.[0]).toMatchObject({ Code: "2000", Details: expect.stringContaining(message) });
      expect((await call("ReadVolumes")).status).toBe(500);
      const problem = expect.stringContaining(message);
      expect(await health()).toEqual({ code: 503, status: "failing", version, problem });
      full[Symbol.dispose]();
      expect(await health()).toMatchObject({ code: 200, status: "ready" });
      // As it was told, it was kept.
      const { Volume } = (await call("CreateVolume", { ...create, ClientToken: "one" })).body;
      await cloud.idle();
      await restart();
      const { Volumes } = (await call("ReadVolumes", { Filters: { ClientTokens: ["one"] } })).body;
      expect(Volumes).toMatchObject([{ VolumeId: Volume.VolumeId, State: "available" }]);
    });

    it("is emptied when there is room by then", async () => {
      await call("CreateVolume", create);
      const file = await readFile(join(folder, "state", "state.json"), "utf8");
      expect(file).not.toContain('"creating"');
      full[Symbol.dispose]();
      await resetLocalCloud(join(folder, "state"));
      expect(await health()).toMatchObject({ code: 200, counts: { volumes: 1 } });
    });

    it("closes", async () => {
      await call("CreateVolume", create);
      await cloud.close();
      full[Symbol.dispose]();
      await restart();
      expect(cloud.status().volumes).toBe(1);
    });
  });

  it("takes the keys that it is given, also when there are others already", async () => {
    const before = caller();
    await restart({ keys: WELL_KNOWN_KEYS });
    expect(cloud.environment).toMatchObject({ OSC_ACCESS_KEY: WELL_KNOWN_KEYS.accessKey });
    expect((await call("ReadVms")).status).toBe(200);
    expect(codeOf(await signedCall({ ...before, endpoint: cloud.endpoint }, "ReadVms"))).toEqual([400, "4120"]);
    await restart();
    expect(cloud.account("builder")).toMatchObject(WELL_KNOWN_KEYS);
    await cloud.close();
    const stateFolder = join(folder, "state");
    const keys = { accessKey: "a b", secretKey: "long enough" };
    await expect(startLocalCloud({ stateFolder, blocks: "memory", keys })).rejects.toThrow("is not a valid access key");
  });

  it("is emptied while it runs: same keys, same port, and nothing else of before", async () => {
    const { endpoint } = cloud;
    const before = { VmId: cloud.vmId, ...cloud.account("builder") };
    await call("CreateVolume", create);
    expect(await resetLocalCloud(join(folder, "state"))).toBe(true);
    expect(cloud.endpoint).toBe(endpoint);
    expect(cloud.account("builder").secretKey).toBe(before.secretKey);
    expect((await call("ReadVolumes")).body.Volumes).toHaveLength(1);
    expect(cloud.vmId).not.toBe(before.VmId);
    expect((await localCloudStatus(join(folder, "state"))).vmId).toBe(cloud.vmId);
  });

  it("stops when it is asked to, unless it is part of something else", async () => {
    const stateFolder = join(folder, "state");
    await expect(stopLocalCloud(stateFolder)).rejects.toThrow("part of another command");
    let asked = false;
    await restart({
      onStop: () => {
        asked = true;
        void cloud.close();
      },
    });
    expect([await stopLocalCloud(stateFolder), asked]).toEqual([true, true]);
    expect(await stopLocalCloud(stateFolder)).toBe(false);
    await expect(waitForLocalCloud(stateFolder, 0)).rejects.toThrow("No local cloud answers");
    await restart();
    expect((await waitForLocalCloud(stateFolder, 0)).pid).toBe(process.pid);
  });

  describe("that is named by a file alone", () => {
    /** As what is left of a killed server, whose number another process has by now. */
    const nameServer = async (url: string) => {
      const door = { url, token: "the token", pid: process.pid, environment: {} };
      await writeFile(join(folder, "state", "control.json"), JSON.stringify(door));
    };
    const wait = (ms: number) => waitForLocalCloud(join(folder, "state"), ms);

    beforeEach(() => cloud.close());

    it("does not answer, and is not waited for any longer than was said", async () => {
      await nameServer("http://127.0.0.1:1");
      await expect(wait(0)).rejects.toThrow("No local cloud answers");
      await using silent = await startServer(() => undefined);
      await nameServer(`http://127.0.0.1:${silent.port}`);
      await expect(wait(100)).rejects.toThrow("No local cloud answers");
    });

    it("does not run, and another starts", async () => {
      await nameServer("http://127.0.0.1:1");
      expect(await runningLocalCloud(join(folder, "state"))).toBeUndefined();
      await restart();
      expect(await runningLocalCloud(join(folder, "state"))).toMatchObject({ url: new URL(cloud.endpoint).origin });
    });
  });

  it("tells its calls as they come in, until it stops", async () => {
    await call("ReadVolumes");
    const followed: string[] = [];
    const following = (async () => {
      for await (const { action, status } of followCalls(join(folder, "state"), new AbortController().signal)) {
        followed.push(`${action} ${status}`);
        if (followed.length === 1) await call("NoSuchAction");
        else void cloud.close();
      }
    })();
    await expect.poll(async () => followed.length || (await call("ReadVms"))).toBeGreaterThan(0);
    await following;
    expect(followed[0]).toBe("ReadVms 200");
    expect(followed).toContain("NoSuchAction 400");
    expect(followed).not.toContain("ReadVolumes 200");
  });

  it("answers on a Unix socket too, which its owner alone may use, also where a killed server left one", async () => {
    const socketPath = join(folder, "socket");
    await restart({ socketPath });
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    const url = new URL(`${cloud.endpoint}/ReadVms`);
    const headers = { ...signedHeaders(caller(), url, "{}"), host: url.host };
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest({ socketPath, path: url.pathname, method: "POST", headers }, (response) =>
        resolve(text(response)),
      );
      sent.on("error", reject).end("{}");
    });
    expect(JSON.parse(answer).Vms).toHaveLength(1);
    await expect(startLocalCloud({ stateFolder: join(folder, "other"), blocks: "memory", socketPath })).rejects.toThrow(
      "EADDRINUSE",
    );
  });

  it("tells its commands what there is, while it runs and after", async () => {
    const stateFolder = join(folder, "state");
    const { VolumeId } = (await call("CreateVolume", create)).body.Volume;
    await cloud.idle();
    const seen = async () => ({
      volumes: (await localCloudVolumes(stateFolder)).map((volume) => volume.VolumeId),
      images: (await localCloudImages(stateFolder)).map(({ ImageName }) => ImageName),
      snapshots: (await localCloudSnapshots(stateFolder)).length,
    });
    const running = await seen();
    expect(running.volumes).toContain(VolumeId);
    expect(running.images).toEqual(["Debian-12-2026.01.01-0"]);
    expect(await localCloudStatus(stateFolder)).toMatchObject({ running: true, environment: cloud.environment });
    await cloud.close();
    expect(await seen()).toEqual(running);
    expect(await localCloudStatus(stateFolder)).toMatchObject({
      running: false,
      volumes: 2,
      images: 1,
      violations: [],
    });
    await expect(localCloudStatus(join(folder, "nothing"))).rejects.toThrow("There is no local cloud in");
  });
});
