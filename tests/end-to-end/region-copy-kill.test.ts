import { afterAll, beforeAll, expect, it } from "vitest";
import type { Place } from "../../src/builder/region-copy/place.ts";
import { accessToPlace } from "../../src/builder/region-copy/place-access.ts";
import { hostEnvironment } from "../../src/host/host-environment.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { resolveAccess } from "../../src/outscale/credentials.ts";
import { ASIA, CopyBench, EAST, HOME } from "../support/bake/copy-bench.ts";
import { bundleProgram } from "../support/bake/killed-build.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";

const describe = requireRoot();

describe("omi copy, killed", () => {
  let bench: CopyBench;
  let bundle: string;
  let home: unknown;
  beforeAll(async () => {
    bench = await CopyBench.open("region-copy-kill");
    bundle = await bundleProgram(bench.bakery.folder, "crashing-copy");
    await bench.register({ ImageName: "web" });
    home = await bench.left(HOME);
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  async function run(point: number | string, method: string): Promise<string> {
    const { bakery } = bench;
    const env = { ...hostEnvironment(), ...(bakery.env as Record<string, string>), TMPDIR: bakery.temporaryFolder };
    const child = await hostRunner().spawn([process.execPath, bundle, String(point), method], { env });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => output.push(chunk));
    const { code, signal } = await child.exited;
    await bench.idle();
    if (signal === "SIGKILL") return "killed";
    expect(code, String(Buffer.concat(output))).toBe(0);
    return Buffer.concat(output).toString();
  }

  it.each(["image", "snapshots"])(
    "leaves nothing that cleanup does not take back, by %s, at every point",
    async (method) => {
      const points = Number(await run(0, method));
      expect(points).toBeGreaterThan(40);
      await bench.clear();
      const all = Array.from({ length: points }, (_, index) => index + 1);
      for (const point of sample(all, 8)) {
        const how = `${method}, point ${point} of ${points}`;
        await run(point, method);
        await bench.cleanUp();
        expect(await bench.journals(), how).toEqual([]);
        expect(await bench.left(HOME), how).toEqual(home);
        expect(await bench.storage(HOME).findBucket("made-on-the-way"), how).toBe("absent");
        for (const region of [EAST, ASIA]) {
          // A copy is whole, or there is nothing of it.
          const { images, snapshots } = await bench.left(region);
          expect([[], ["web"]], how).toContainEqual(images);
          expect(snapshots, how).toHaveLength(images.length);
          const image = await bench.image(region, "web");
          expect(image?.Tags ?? [], how).toEqual([]);
        }
        await bench.clear();
      }
    },
  );

  it("tells what to do when the credentials of a region are gone, and finishes when they are back", async () => {
    const { bakery } = bench;
    await run("region-imported-image", "image");
    const { access } = await resolveAccess({ template: {}, env: bakery.env });
    const connect = async () => ({
      access,
      accessTo: (place: Place) => accessToPlace(place, { OSC_CONFIG_FILE: "/nonexistent" }),
      close: async () => undefined,
    });
    await expect(bakery.cleanUp({ connect })).rejects.toThrow("profile");
    expect(await bench.journals()).toHaveLength(1);
    await bench.cleanUp();
    expect(await bench.journals()).toEqual([]);
    expect(await bench.left(HOME)).toEqual(home);
    await bench.clear();
  });
});
