import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLocalSession } from "../../src/bake/local-session.ts";
import { noLog } from "../../src/common/log.ts";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { resolveRegionAccess } from "../../src/outscale/region-access.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();

describe("openLocalSession()", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "local-session-")));
  });
  afterEach(async () => {
    await resetLocalCloud(folder);
    await rm(folder, { recursive: true });
  });

  it("keeps its server for the builds that have joined it", async () => {
    const host = await openLocalSession({}, folder, noLog);
    const guest = await openLocalSession({}, folder, noLog);
    expect(guest.env.OSC_ENDPOINT_API).toBe(host.env.OSC_ENDPOINT_API);
    const order: string[] = [];
    const closed = host[Symbol.asyncDispose]().then(() => order.push("host"));
    const answer = await fetch(`${guest.env.OSC_ENDPOINT_API}/ReadRegions`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(200);
    order.push("guest");
    await guest[Symbol.asyncDispose]();
    await closed;
    expect(order).toEqual(["guest", "host"]);
  });

  it("is refused at once on a cloud that has its disks in memory, while it runs and while it does not", async () => {
    const cloud = await startLocalCloud({ stateFolder: folder, blocks: "memory" });
    for (const close of [async () => undefined, () => cloud.close()]) {
      await close();
      await expect(openLocalSession({}, folder, noLog)).rejects.toThrow("nothing can be built on it");
    }
  });

  it("takes nothing of another cloud along", async () => {
    const profiles = join(folder, "real.json");
    await writeFile(profiles, '{ "us-east-2": { "access_key": "real", "secret_key": "real" } }');
    const foreign = {
      OSC_CONFIG_FILE: profiles,
      OSC_SECRET_KEY_US_EAST_2: "real",
      OSC_ACCESS_KEY: "foreign",
      OSC_PROFILE: "production",
      PATH: "/bin",
    };
    await using session = await openLocalSession(foreign, folder, noLog);
    expect(session.env.OSC_ACCESS_KEY).not.toBe("foreign");
    expect(session.env).not.toHaveProperty("OSC_PROFILE");
    expect(session.env.PATH).toBe("/bin");
    // A profile that is called like a region is of a real account.
    await expect(resolveRegionAccess({ region: "us-east-2", env: session.env })).rejects.toThrow("no credentials");
    expect(session.options.region_profiles).toBeNull();
  });
});
