import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { requireThat } from "../support/suite/requirements.ts";

const execute = promisify(execFile);

/** `scripts/setup test` makes it, with the clients as they are on PyPI. */
const BIN = join(import.meta.dirname, "../../node_modules/.cache/python-clients/bin");
const isInstalled = existsSync(join(BIN, "osc-cli"));
const describe = requireThat(isInstalled, "OUTSCALE's Python clients, which scripts/setup test installs from PyPI");

describe("OUTSCALE's own Python clients, unmodified", () => {
  let folder: string;
  let cloud: LocalCloud;
  /** No proxy, no profile of the person who runs the tests. */
  const env = () => ({ PATH: process.env.PATH, HOME: folder, NO_PROXY: "*", ...cloud.environment });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "python-clients-"));
    cloud = await startLocalCloud({ stateFolder: join(folder, "state"), blocks: "memory" });
  });
  afterAll(async () => {
    await cloud?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("osc-sdk-python lives the whole lives of volumes, snapshots and images, and reads pages", async () => {
    const script = join(import.meta.dirname, "../support/python/whole_lives.py");
    const { stdout } = await execute(join(BIN, "python"), [script], { env: env() });
    expect(JSON.parse(stdout)).toEqual({
      volume: { links: 1, size: 2 },
      snapshot: { progress: 100 },
      image: { description: "changed", public: true },
      pages: { sizes: [3, 3, 1], complete: true },
    });
    expect(cloud.requests.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it("osc-cli reads, creates and deletes, and shows a refusal", async () => {
    const { OSC_ACCESS_KEY, OSC_SECRET_KEY, OSC_REGION } = cloud.environment;
    const profile = {
      access_key: OSC_ACCESS_KEY,
      secret_key: OSC_SECRET_KEY,
      region_name: OSC_REGION,
      endpoint: new URL(cloud.endpoint).origin,
    };
    await mkdir(join(folder, ".osc"));
    await writeFile(join(folder, ".osc/config.json"), JSON.stringify({ default: profile }), { mode: 0o600 });
    const cli = async (action: string, ...flags: readonly string[]) =>
      execute(join(BIN, "osc-cli"), ["api", action, ...flags], { env: env() });
    const created = await cli("CreateVolume", "--SubregionName", "eu-west-2a", "--Size", "4");
    const { VolumeId } = JSON.parse(created.stdout).Volume;
    await cloud.idle();
    const found = await cli("ReadVolumes", "--Filters", JSON.stringify({ VolumeSizes: [4] }));
    expect(JSON.parse(found.stdout).Volumes).toEqual([expect.objectContaining({ VolumeId, State: "available" })]);
    await cli("DeleteVolume", "--VolumeId", VolumeId);
    await cloud.idle();
    await expect(cli("DeleteVolume", "--VolumeId", VolumeId)).rejects.toThrow("5064");
  });
});
