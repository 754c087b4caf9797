import { afterEach, expect, it } from "vitest";
import { mountKind } from "../../src/builder/resources/mount.ts";
import { systemClock } from "../../src/common/clock.ts";
import { hostView } from "../../src/host/mount-view.ts";
import { unmountBelow } from "../../src/host/mounts.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { Cleanup, hostMountPoints, makeExt4Device, run, tempFolder } from "../support/chroot/fixtures.ts";
import { releaseContext, scriptedApi } from "../support/outscale/scripted-api.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("mount", "mkfs.ext4", "losetup");
const cleanup = new Cleanup();
afterEach(() => cleanup.run());

describe("mountKind", () => {
  it("unmounts what the build mounted, and nothing that came to its path afterwards", async () => {
    const host = hostRunner();
    const context = { ...releaseContext(scriptedApi({}).api), host, clock: systemClock };
    const source = await makeExt4Device(cleanup);
    const mountPath = await tempFolder(cleanup);
    cleanup.add(() => unmountBelow(mountPath, { view: hostView(host) }));
    const release = (from: string) =>
      mountKind.release(context, { id: mountPath, intent: { mountPath, source: from }, facts: {}, madeAt: 0 });
    await run("mount", [source, mountPath]);
    await release("/dev/vdz1");
    expect(await hostMountPoints(mountPath)).toEqual([mountPath]);
    await release(source);
    expect(await hostMountPoints(mountPath)).toEqual([]);
    await release(source);
  });
});
