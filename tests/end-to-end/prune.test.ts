import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { listImages } from "../../src/bake/omis/list-images.ts";
import { type PrunedImage, type PruneImagesInput, pruneImages } from "../../src/bake/omis/prune-images.ts";
import { omi } from "../../src/cli/commands/omi.ts";
import { hostEnvironment } from "../../src/host/host-environment.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import type { Image } from "../../src/outscale/oapi.ts";
import { type Bakery, nothing, openBakery } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { dataOn, ImageOwner, rootOn } from "../support/bake/image-owner.ts";
import { bundleProgram } from "../support/bake/killed-build.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();

describe("omi list and prune", () => {
  let bakery: Bakery;
  let own: ImageOwner;
  beforeAll(async () => {
    bakery = await openBakery("prune-test");
    own = new ImageOwner(bakery, "builder");
  });
  afterAll(async () => {
    await own.api[Symbol.asyncDispose]();
    await bakery.close();
  });
  afterEach(async () => {
    bakery.cloud.faults.clear();
    await bakery.cloud.idle();
    expect({ ...(await bakery.leftovers()), images: [], snapshots: [] }).toEqual(nothing);
    await own.clear();
  });

  async function prune(more: Partial<PruneImagesInput> = {}): Promise<{ images: PrunedImage[]; ui: RecordingUi }> {
    const ui = new RecordingUi();
    const rule = { names: ["web-*"], keep: 0, dryRun: false, env: bakery.env, clock: hastyClock() };
    const images = await pruneImages({ ...rule, ui, ...more });
    await bakery.cloud.idle();
    return { images: [...images], ui };
  }

  /** How each OMI came out: `web-1 kept: it is public`. */
  const told = ({ images }: { readonly images: readonly PrunedImage[] }) =>
    images.map(({ name, outcome, reason }) => `${name} ${outcome}${reason === null ? "" : `: ${reason}`}`);

  const namesLeft = async () =>
    (await bakery.leftovers()).images.map((image) => image.split(" ").slice(1).join(" ")).sort();
  const snapshotOf = (image: Image) => image.BlockDeviceMappings[0]?.Bsu?.SnapshotId ?? "";

  it("removes what is old enough and not among the newest, with its own snapshots, and nothing without being told", async () => {
    for (const name of ["web-1", "web-2", "web-3", "db-1"]) await own.register({ ImageName: name });
    const calls = new RecordedCalls(bakery);
    expect(told(await prune({ dryRun: true, keep: 1 }))).toEqual([
      "web-3 kept: it is among the newest",
      "web-2 would-remove",
      "web-1 would-remove",
    ]);
    expect(told(await prune({ olderThanMs: 86_400_000 }))).toContain("web-1 kept: it is not old enough");
    expect(calls.actions.filter((action) => !action.startsWith("Read"))).toEqual([]);
    expect(told(await prune({ keep: 1 })).slice(1)).toEqual(["web-2 removed", "web-1 removed"]);
    expect(calls.actions.filter((action) => action.startsWith("Delete"))).toHaveLength(4);
    expect(await namesLeft()).toEqual(["db-1", "web-3"]);
    expect((await bakery.leftovers()).snapshots).toHaveLength(2);
  });

  it("keeps what is shared or public, unless asked, and what another OMI or a build needs", async () => {
    const needed = await own.register({ ImageName: "web-needed" });
    await own.register({
      ImageName: "db-0",
      BlockDeviceMappings: [rootOn(await own.snapshot()), dataOn("/dev/xvdb", snapshotOf(needed))],
    });
    await own.shareImage((await own.register({ ImageName: "web-shared" })).ImageId);
    await own.publishSnapshot(snapshotOf(await own.register({ ImageName: "web-public" })));
    const busy = await own.register({ ImageName: "web-busy" });
    await own.api.createTags({
      ResourceIds: [busy.ImageId],
      Tags: [{ Key: "outscale-chroot:run", Value: "0a1b2c3d4e5f" }],
    });
    const builder = bakery.cloud.account("builder").id;
    const { images } = await listImages({ env: bakery.env });
    expect(images.find(({ name }) => name === "web-shared")?.sharedWith).toEqual([builder]);
    const db = images.find(({ name }) => name === "db-0")?.imageId;
    expect(told(await prune()).sort()).toEqual([
      expect.stringMatching(/^web-busy kept: a build is at work/),
      `web-needed kept: ${db} needs its snapshots`,
      "web-public kept: it is public",
      `web-shared kept: it is shared with ${builder}`,
    ]);
    expect(
      told(await prune({ includeShared: true }))
        .filter((line) => line.endsWith("removed"))
        .sort(),
    ).toEqual(["web-public removed", "web-shared removed"]);
    expect(await namesLeft()).toEqual(["db-0", "web-busy", "web-needed"]);
  });

  describe("with VMs", () => {
    let door: VmDoor;
    beforeEach(async () => {
      door = await VmDoor.open(bakery);
    });
    afterEach(() => door.close());

    it("keeps what a VM was started from, also when that happens after the list was made", async () => {
      const used = await own.register({ ImageName: "web-used" });
      const late = await own.register({ ImageName: "web-late" });
      const gone = await own.register({ ImageName: "web-gone" });
      door.vms.push({ VmId: "i-11111111", ImageId: used.ImageId, State: "stopped" });
      door.vms.push({ VmId: "i-33333333", ImageId: gone.ImageId, State: "terminated" });
      const { images } = await listImages({ env: door.env });
      expect(images.find(({ name }) => name === "web-used")?.vmIds).toEqual(["i-11111111"]);
      door.afterFirst.push({ VmId: "i-22222222", ImageId: late.ImageId, State: "pending" });
      door.reads = 0;
      expect(told(await prune({ env: door.env })).sort()).toEqual([
        "web-gone removed",
        "web-late kept: i-22222222 was started from it",
        "web-used kept: i-11111111 was started from it",
      ]);
    });
  });

  it("finishes what failed in between: the OMI is gone, its snapshot goes by cleanup", async () => {
    await own.register({ ImageName: "web-1" });
    bakery.cloud.faults.add({ kind: "internal-error", action: "DeleteSnapshot", times: 1_000 });
    const failed = await prune();
    expect(failed.images).toMatchObject([{ name: "web-1", outcome: "failed" }]);
    expect(failed.ui.lines.join("\n")).toMatch(/run "outscale-chroot cleanup [0-9a-f]{12}"/);
    expect(await namesLeft()).toEqual([]);
    expect((await bakery.leftovers()).snapshots).toHaveLength(1);
    bakery.cloud.faults.clear();
    expect(await bakery.cleanUp()).toMatchObject([{ outcome: "cleaned" }]);
    await bakery.cloud.idle();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("goes on with the others when one is refused, and leaves that one whole", async () => {
    await own.register({ ImageName: "web-1" });
    await own.register({ ImageName: "web-2" });
    bakery.cloud.faults.add({ kind: "internal-error", action: "DeleteImage", times: 8 });
    expect(told(await prune())[1]).toMatch(/^web-1 failed: /);
    expect(await namesLeft()).toEqual(["web-1"]);
    expect((await bakery.leftovers()).snapshots).toHaveLength(1);
  });

  it("tells what it has removed when it is stopped, and keeps the others", async () => {
    for (const name of ["web-1", "web-2", "web-3"]) await own.register({ ImageName: name });
    const io = recordingIo({ env: bakery.env });
    const { write } = io.stdout;
    io.stdout.write = (text) => {
      write(text);
      if (text.includes("Removing") && text.includes("web-1")) io.send("SIGINT");
    };
    const argv = ["-name", "web-*", "-keep", "1", "-yes"];
    const pruning = omi.actions?.prune?.run({ argv, io, runPlugin: async () => 0 });
    await expect(pruning).rejects.toMatchObject({ code: "E_CANCELLED", exitCode: 130 });
    expect(io.written.stdout).toMatch(
      /web-3 .*stays +it is among the newest\n.*web-2 .*stays +.*stopped.*\n.*web-1 .* removed/,
    );
    await bakery.cloud.idle();
    expect(await namesLeft()).toEqual(["web-2", "web-3"]);
  });

  it.each(["DeleteImage", "DeleteSnapshot"])("takes a lost answer to %s for what it may be", async (action) => {
    await own.register({ ImageName: "web-1" });
    bakery.cloud.faults.add({ kind: "drop-after", action });
    expect(told(await prune())).toEqual(["web-1 removed"]);
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("is whole or gone after a kill at any point and a clean-up", async () => {
    const bundle = await bundleProgram(bakery.folder, "crashing-prune");
    const env = { ...hostEnvironment(), ...(bakery.env as Record<string, string>), TMPDIR: bakery.temporaryFolder };
    const run = async (point: number) => {
      const child = await hostRunner().spawn([process.execPath, bundle, String(point), "web-*"], { env });
      const output: Buffer[] = [];
      child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
      const { signal } = await child.exited;
      await bakery.cloud.idle();
      return signal === "SIGKILL" ? "killed" : Buffer.concat(output).toString();
    };
    const fill = async () => {
      await own.clear();
      for (const name of ["web-1", "web-2"]) await own.register({ ImageName: name });
    };
    await fill();
    const points = Number(await run(0));
    expect(points).toBeGreaterThan(15);
    const all = Array.from({ length: points }, (_, index) => index + 1);
    for (const point of sample(all, 8)) {
      await fill();
      await run(point);
      await bakery.cleanUp();
      await bakery.cloud.idle();
      const { images, snapshots, ...rest } = await bakery.leftovers();
      expect({ ...rest, images: [], snapshots: [] }, `point ${point}`).toEqual(nothing);
      const { images: left } = await listImages({ env: bakery.env });
      // Each that stands has its snapshot, and there is no other.
      expect(left.flatMap(({ snapshotIds }) => snapshotIds).sort(), `point ${point}`).toEqual([...snapshots].sort());
      expect(left.every(({ snapshotIds }) => snapshotIds.length === 1)).toBe(true);
      expect(images).toHaveLength(left.length);
    }
  });

  it("prints names safely, and JSON to the letter", async () => {
    const hostile = "web-\u001b[2J\u0007evil";
    const image = await own.register({ ImageName: "web-1", Description: hostile });
    await own.api.createTags({ ResourceIds: [image.ImageId], Tags: [{ Key: "k\u001b]0;x\u0007", Value: "a\nb" }] });
    const output = async (...argv: readonly string[]) => {
      const io = recordingIo({ env: bakery.env });
      const [action = "", ...rest] = argv;
      const code = await omi.actions?.[action]?.run({ argv: rest, io, runPlugin: async () => 0 });
      return { ...io.written, code };
    };
    const shown = await output("show", image.ImageId);
    expect(shown.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(shown.stdout).toContain("Description web-evil");
    expect(JSON.parse((await output("show", "-json", "web-1")).stdout)).toMatchObject({ description: hostile });
    expect((await output("list")).stdout).toContain(image.ImageId);
    const planned = await output("prune", "-name", "web-*", "-keep", "0", "-json");
    expect(JSON.parse(planned.stdout)).toMatchObject({ dryRun: true, images: [{ outcome: "would-remove" }] });
    expect((await output("prune", "-name", "web-*", "-keep", "0")).stdout).toContain(
      "Nothing was removed: -yes removes 1",
    );
    expect((await output("prune", "-name", "web-*", "-keep", "0", "-yes")).stdout).toMatch(/web-1 .* removed/);
    await bakery.cloud.idle();
    expect((await output("list")).stdout).toBe("The account has no OMIs\n");
  });

  it.each<[string, readonly string[]]>([
    ["No OMIs are named", ["-keep", "1"]],
    ["Nothing says which", ["-name", "web-*"]],
    ["-keep must be a whole number", ["-name", "web-*", "-keep", "-1"]],
    ["-older-than must be an age", ["-name", "web-*", "-older-than", "30 days"]],
    ["contradict each other", ["-name", "web-*", "-keep", "1", "-yes", "-dry-run"]],
  ])("refuses before anything is asked: %s", async (message, argv) => {
    const calls = new RecordedCalls(bakery);
    const io = recordingIo({ env: bakery.env });
    const run = omi.actions?.prune?.run({ argv: [...argv], io, runPlugin: async () => 0 });
    await expect(run).rejects.toThrow(message);
    expect(calls.actions).toEqual([]);
  });
});

interface SeenVm {
  readonly VmId: string;
  readonly ImageId: string;
  readonly State: string;
}

/** Another address of the cloud, at which its account has more VMs: nobody can start one in the cloud itself. */
class VmDoor {
  readonly vms: SeenVm[] = [];
  /** Those that are seen from the second read on. */
  readonly afterFirst: SeenVm[] = [];
  reads = 0;
  readonly env: NodeJS.ProcessEnv;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>, env: NodeJS.ProcessEnv) {
    this.#server = server;
    this.env = env;
  }

  static async open(bakery: Bakery): Promise<VmDoor> {
    const target = new URL(bakery.cloud.endpoint);
    const server = createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const path = incoming.url ?? "";
      const onward = request(new URL(path, target), { method: "POST", headers: incoming.headers });
      onward.end(body);
      const [reply] = (await once(onward, "response")) as [IncomingMessage];
      const answer = await text(reply);
      response.writeHead(reply.statusCode ?? 502, { "content-type": "application/json" });
      response.end(path.endsWith("/ReadVms") ? door.#withVms(answer, body) : answer);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const url = new URL(target.pathname, `http://127.0.0.1:${port}`).href;
    const door = new VmDoor(server, { ...bakery.env, OSC_ENDPOINT_API: url });
    return door;
  }

  #withVms(given: string, asked: Buffer): string {
    const answer = JSON.parse(given);
    const wanted: readonly string[] | undefined = JSON.parse(asked.toString() || "{}").Filters?.ImageIds;
    const seen = [...this.vms, ...(this.reads++ > 0 ? this.afterFirst : [])];
    const more = seen.filter(({ ImageId }) => wanted === undefined || wanted.includes(ImageId));
    return JSON.stringify({
      ...answer,
      Vms: [...answer.Vms, ...more.map((vm) => ({ BlockDeviceMappings: [], ...vm }))],
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
