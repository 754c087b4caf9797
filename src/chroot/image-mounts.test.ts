import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mountInImage } from "./image-mounts.ts";

it("mountInImage() leaves no folder when one of those that are missing cannot be made", async () => {
  const mountPath = mkdtempSync(join(tmpdir(), "image-mounts-"));
  try {
    mkdirSync(join(mountPath, "etc"));
    const mount = { fsType: "tmpfs", source: "tmpfs", target: `/etc/a/b/${"x".repeat(256)}/c` };
    const mounted = mountInImage({ view: { rootPrefix: "" }, mountPath } as never, mount);
    await expect(mounted).rejects.toThrow(/^Cannot make the mount point .*ENAMETOOLONG/);
    expect(readdirSync(mountPath, { recursive: true })).toEqual(["etc"]);
  } finally {
    rmSync(mountPath, { recursive: true });
  }
});
