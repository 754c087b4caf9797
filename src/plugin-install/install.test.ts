import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PLUGIN_MARK as BUNDLED_MARK } from "../../scripts/bundle-plugin.js";
import { compiledFolderOf } from "./compiled-folder.ts";
import { checksum, installPlugin, uninstallPlugin } from "./install-plugin.ts";
import { findInstalled, PLUGIN_MARK } from "./installed-plugins.ts";
import { coreOf } from "./packer-core.ts";
import { pluginFolder } from "./places.ts";
import type { PluginIdentity } from "./plugin-name.ts";

const old = coreOf("packer", "Packer v1.6.6\n");
const middle = coreOf("packer", "Packer v1.8.3\n");
const current = coreOf("packer", "Packer v1.16.0\n\nYour version of Packer is out of date!");
const architecture = process.arch === "x64" ? "amd64" : process.arch;

let folder: string;
let source: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugin-install-"));
  source = join(folder, "bundle");
  await writeFile(source, `#!/usr/bin/env node\n${PLUGIN_MARK}\n`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const own: PluginIdentity = { name: "outscale-chroot", version: "1.0.0" };
const standIn: PluginIdentity = { name: "outscale", version: "1.5.0" };
const home = () => ({ HOME: folder });

function install(core: typeof old, identity = own, force = false) {
  return installPlugin({ source, core, identity, env: home(), force });
}

async function putOfficial(): Promise<string> {
  const path = join(
    folder,
    `.packer.d/plugins/github.com/outscale/outscale/packer-plugin-outscale_v1.5.0_x5.0_linux_amd64`,
  );
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "\x7fELF");
  return path;
}

describe("coreOf()", () => {
  it.each([
    [old, "builder-file"],
    [middle, "plugin-file"],
    [current, "source-tree"],
    [coreOf("packer", "Packer v1.10.0"), "source-tree"],
  ])("%o", (core, layout) => {
    expect(core.layout).toBe(layout);
  });

  it("refuses what is no Packer", () => {
    expect(() => coreOf("true", "")).toThrow('"true" does not say which version it is');
  });
});

describe("pluginFolder()", () => {
  it.each([
    [old, {}, "H/.packer.d/plugins"],
    [current, {}, "H/.config/packer/plugins"],
    [middle, {}, "H/.config/packer/plugins"],
    [coreOf("packer", "Packer v1.7.4"), {}, "H/.packer.d/plugins"],
    [current, { XDG_CONFIG_HOME: "/xdg" }, "/xdg/packer/plugins"],
    [current, { PACKER_CONFIG_DIR: "/conf" }, "/conf/.packer.d/plugins"],
    [old, { PACKER_PLUGIN_PATH: "/a:/b" }, "/a"],
    [current, { PACKER_PLUGIN_PATH: "/a" }, "/a"],
  ])("%o with %o", (core, env, expected) => {
    expect(pluginFolder(core, { ...home(), ...env })).toBe(expected.replace("H", folder));
  });

  it("is the old one for a new Packer that finds it there", async () => {
    await mkdir(join(folder, ".packer.d"));
    expect(pluginFolder(current, home())).toBe(join(folder, ".packer.d/plugins"));
  });

  it.each([
    [{ PACKER_PLUGIN_PATH: "/a:/b" }, "several folders"],
    [{}, "HOME is not set"],
  ])("refuses %o", (env, message) => {
    expect(() => pluginFolder(current, env)).toThrow(message);
  });
});

describe("PLUGIN_MARK", () => {
  it("is what the bundle begins with", () => {
    expect(PLUGIN_MARK).toBe(BUNDLED_MARK);
  });
});

describe("installPlugin()", () => {
  it("puts one executable file where 1.6 looks, and no checksum, which it would run", async () => {
    const { path } = await install(old);
    expect(path).toBe(join(folder, ".packer.d/plugins/packer-builder-outscale-chroot"));
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect(await readdir(dirname(path))).toEqual(["packer-builder-outscale-chroot"]);
  });

  it("puts name, version, API and platform into the tree, with the checksum beside it", async () => {
    const { path } = await install(current);
    const name = `packer-plugin-outscale-chroot_v1.0.0_x5.0_linux_${architecture}`;
    expect(path).toBe(join(folder, ".config/packer/plugins/github.com/outscale/outscale-chroot", name));
    expect(await readFile(`${path}_SHA256SUM`, "utf8")).toBe(await checksum(source));
    expect(await readdir(dirname(path))).toEqual([name, `${name}_SHA256SUM`]);
  });

  it("replaces an older one of ours, and leaves the file of another Packer alone", async () => {
    const first = await install(old);
    await install(current, { ...own, version: "0.9.0" });
    const { path } = await install(current);
    const paths = (await findInstalled(join(folder, ".packer.d/plugins"))).map((plugin) => plugin.path);
    expect(paths).toEqual([path, first.path]);
  });

  it("refuses to stand in beside the official plugin, unless forced, and names it otherwise", async () => {
    const official = await putOfficial();
    await expect(install(current, standIn)).rejects.toThrow(/outscale-bsu.*outscale-omi may be hidden/);
    await expect(install(current, { ...standIn, version: "2.0.0" }, true)).resolves.toMatchObject({
      rivals: [{ path: official }],
    });
    expect((await install(current)).rivals).toMatchObject([{ path: official, isOfficial: true }]);
    expect(await readFile(official, "utf8")).toBe("\x7fELF");
  });
});

describe("uninstallPlugin()", () => {
  it("removes what is ours, with checksums, and nothing else", async () => {
    const official = await putOfficial();
    const { path } = await install(current);
    expect(await uninstallPlugin(current, home())).toEqual([path]);
    await expect(readdir(dirname(path))).rejects.toThrow("ENOENT");
    expect(await findInstalled(join(folder, ".packer.d/plugins"))).toMatchObject([{ path: official, isOurs: false }]);
    expect(await uninstallPlugin(current, home())).toEqual([]);
  });

  it("removes what the plugin has kept of its compiled code", async () => {
    const { path } = await install(current);
    await mkdir(compiledFolderOf(path));
    await writeFile(join(compiledFolderOf(path), "start-1"), "");
    expect(await uninstallPlugin(current, home())).toEqual([path]);
    expect(existsSync(join(folder, ".config/packer"))).toBe(false);
  });

  it.each([
    ["Packer 1.6", old],
    ["Packer 1.8", middle],
    ["Packer 1.16", current],
  ])("leaves no empty folder where %s looks", async (_, core) => {
    await install(core);
    await uninstallPlugin(core, home());
    expect((await readdir(folder)).filter((name) => name !== ".config")).toEqual(["bundle"]);
    expect(existsSync(join(folder, ".config/packer"))).toBe(false);
  });

  it("leaves the folder that PACKER_PLUGIN_PATH names", async () => {
    const env = { ...home(), PACKER_PLUGIN_PATH: join(folder, "mine") };
    await installPlugin({ source, core: current, identity: own, env, force: false });
    await uninstallPlugin(current, env);
    expect(await readdir(join(folder, "mine"))).toEqual([]);
  });
});
