import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Hook } from "../../src/builder/hook.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { inspectProduct } from "../support/disks/made-image.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { readTree } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("getfattr", "losetup", "partx");

/** Everything of a tree that a snapshot keeps: content, owners, modes, links, times and attributes. */
async function describeTree(folder: string): Promise<readonly string[]> {
  const run = async (...argv: string[]) => (await hostRunner().run(argv, { cwd: folder })).stdout.split("\n").sort();
  const attributes = await run("find", ".", "-exec", "getfattr", "-h", "-m", ".", "-d", "{}", "+");
  return [...(await readTree(folder)), ...(await run("find", ".", "-printf", "%p modified %T@\\n")), ...attributes];
}

describe("copy_files in a whole build", () => {
  let bakery: Bakery;
  let bench: Workbench;
  beforeAll(async () => {
    bakery = await openBakery("copy-files-build");
  });
  afterAll(() => bakery.close());
  beforeEach(async () => {
    bench = await createWorkbench("copy-files-disks");
  });
  afterEach(() => bench.dispose());

  const config = { ...publicSource, copy_files: ["/etc/resolv.conf"], quiet_services: true };

  async function treeOf(artifact: Parameters<typeof inspectProduct>[2]): Promise<readonly string[]> {
    let tree: readonly string[] = [];
    await inspectProduct(bakery, bench, artifact, async (device) => {
      tree = await describeTree(await bench.mount(`${device}p1`, "ro"));
    });
    return tree;
  }

  it("has names resolved in an image with a dangling link, and leaves the image as it was", async () => {
    const hostFile = await readFile("/etc/resolv.conf", "utf8");
    let inside = "";
    const provision: Hook["provision"] = async ({ rootPath }) => {
      const entry = await lstat(join(rootPath, "etc/resolv.conf"));
      inside = `${entry.isSymbolicLink()} ${await readFile(join(rootPath, "etc/resolv.conf"), "utf8")}`;
    };
    const { artifact: untouched } = await bakery.bake({ ...publicSource, copy_files: [], omi_name: "untouched" });
    const { artifact } = await bakery.bake({ ...config, omi_name: "lent" }, { hook: { provision } });
    expect(inside).toBe(`false ${hostFile}`);
    const tree = await treeOf(artifact);
    expect(tree).toContainEqual(expect.stringMatching(/^etc\/resolv.conf .* -> \.\.\/run\/systemd\/resolve/));
    expect(tree).toEqual(await sourceTree());
    expect(await treeOf(untouched)).toEqual(tree);
    await artifact?.destroy();
    await untouched?.destroy();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("keeps what provisioning wrote in its place", async () => {
    const provision: Hook["provision"] = async ({ communicator }) => {
      const command = "rm /etc/resolv.conf && echo 'nameserver 192.0.2.1' > /etc/resolv.conf";
      expect(await communicator.start({ command })).toEqual({ code: 0, signal: null });
    };
    const { artifact, ui } = await bakery.bake({ ...config, omi_name: "own" }, { hook: { provision } });
    expect(ui.of("message")).toContain("/etc/resolv.conf stays as provisioning left it");
    await inspectProduct(bakery, bench, artifact, async (device) => {
      const folder = await bench.mount(`${device}p1`, "ro");
      expect(await readFile(join(folder, "etc/resolv.conf"), "utf8")).toBe("nameserver 192.0.2.1\n");
    });
    await artifact?.destroy();
  });

  /** The image that everything is made from, as it was before any build. */
  async function sourceTree(): Promise<readonly string[]> {
    const { Images } = await bakery.api.readImages({ Filters: { AccountAliases: ["Outscale"] } });
    const disk = await bakery.export(Images[0]?.ImageId ?? "");
    const device = await bench.attach(disk);
    await hostRunner().run(["partx", "--add", device]);
    return describeTree(await bench.mount(`${device}p1`, "ro"));
  }
});
