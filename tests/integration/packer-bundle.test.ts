import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundlePlugin } from "../../scripts/bundle-plugin.js";
import { hclShapes } from "../../src/config/hcl-shape.ts";
import { fieldsOf } from "../../src/packer-plugin/rpc/fields.ts";
import { encodeProtobufSpec } from "../../src/packer-plugin/spec/protobuf-spec.ts";
import { compiledFolderOf } from "../../src/plugin-install/compiled-folder.ts";
import { dialRpc, openEnd } from "../support/packer-plugin/fake-core.ts";

const COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

let folder: string;
let plugin: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bundle-"));
  plugin = join(folder, "deep/packer-plugin-outscale-chroot_v1.2.3_x5.0_linux_amd64");
  await bundlePlugin(plugin);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = { PACKER_PLUGIN_MAGIC_COOKIE: COOKIE },
  file: string = plugin,
) {
  const own = { PATH: process.env.PATH, TMPDIR: folder, ...env };
  const child = spawn(file, argv, { env: own, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return child;
}

async function firstLine(child: ReturnType<typeof start>): Promise<string> {
  const [chunk] = await once(child.stdout, "data");
  return String(chunk);
}

describe("the plugin's file", () => {
  it.each([undefined, "module", "commonjs"])("runs below a package.json of the type %s", async (type) => {
    await writeFile(join(folder, "package.json"), JSON.stringify(type === undefined ? {} : { type }));
    const child = start(["describe"]);
    expect(JSON.parse(await text(child.stdout))).toMatchObject({ version: "1.2.3", api_version: "x5.0" });
    await rm(join(folder, "package.json"));
  });

  it("keeps what was compiled beside it, a file for each task, and starts from that", async () => {
    const copy = join(folder, "kept/packer-plugin-outscale-chroot_v1.2.3_x5.0_linux_amd64");
    await mkdir(dirname(copy));
    await copyFile(plugin, copy);
    const time = new Date("2026-01-01T00:00:00Z");
    await utimes(copy, time, time);
    const describe = async () => {
      const child = start(["describe"], { PACKER_PLUGIN_MAGIC_COOKIE: COOKIE }, copy);
      const said = await firstLine(child);
      expect(await once(child, "close")).toEqual([0, null]);
      return said;
    };
    const described = await describe();
    const compiled = compiledFolderOf(copy);
    expect(await readdir(compiled)).toEqual([expect.stringMatching(/^describe-\d+$/)]);
    expect((await stat(compiled)).mode & 0o022).toBe(0);
    // Packer kills it as soon as it has its answer.
    const child = start(["start", "builder", "--protobuf", "chroot"], { PACKER_PLUGIN_MAGIC_COOKIE: COOKIE }, copy);
    const socket = createConnection((await firstLine(child)).trim().split("|").at(-1) ?? "");
    const builder = await dialRpc(openEnd(socket, "client"), 0);
    await builder.call("Builder.Prepare", { Configs: [null, { packer_build_name: "x" }] });
    child.kill("SIGKILL");
    await once(child, "close");
    expect((await readdir(compiled)).toSorted()[1]).toMatch(/^start-\d+$/);
    // Text of the same length that only compiled code cannot have: whoever says the old one has not compiled the file.
    await writeFile(copy, (await readFile(copy, "latin1")).replaceAll("sdk_version", "xdk_version"), "latin1");
    await utimes(copy, time, time);
    expect(await describe()).toBe(described);
    await chmod(compiled, 0o777);
    expect(await describe()).toBe(described.replace("sdk_version", "xdk_version"));
  });

  it("explains itself to a person, and fails", async () => {
    const child = start([], {});
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining("This is a plugin of Packer's") });
  });

  it.each<[string, string, NodeJS.ProcessEnv]>([
    ["", "5|unix|", {}],
    ["start builder --protobuf chroot", "5|0|unix|", {}],
    ["start builder chroot", "5|0|unix|", {}],
    ["start builder chroot", "5|unix|", { OUTSCALE_CHROOT_PACKER_CORE: "1.6" }],
  ])("shakes hands as the core wants it: %j gives %s", async (line, begin, env) => {
    const child = start(line.split(" ").filter(Boolean), { PACKER_PLUGIN_MAGIC_COOKIE: COOKIE, ...env });
    expect(await firstLine(child)).toMatch(new RegExp(`^${begin.replaceAll("|", "\\|")}/.*\\n$`));
  });

  it("serves one core on a socket that is its own, and ends with it", async () => {
    const own = join(folder, "own");
    await mkdir(own);
    const child = start(["start", "builder", "--protobuf", "chroot"], {
      PACKER_PLUGIN_MAGIC_COOKIE: COOKIE,
      TMPDIR: own,
    });
    const path = (await firstLine(child)).trim().split("|").at(-1) ?? "";
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    const socket = createConnection(path);
    const core = openEnd(socket, "client");
    const builder = await dialRpc(core, 0);
    await expect(stat(path)).rejects.toThrow("ENOENT");
    const { ConfigSpec } = fieldsOf(await builder.call("Builder.ConfigSpec"));
    expect(Buffer.from(ConfigSpec as Uint8Array)).toEqual(encodeProtobufSpec(hclShapes));
    const answer = fieldsOf(await builder.call("Builder.Prepare", { Configs: [null, { packer_build_name: "x" }] }));
    expect(fieldsOf(answer.Error).Message).toContain("error(s) occurred:");
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) child.kill(signal);
    expect(await builder.call("Builder.Cancel")).toBeNull();
    core.session.close();
    expect(await once(child, "close")).toEqual([0, null]);
    expect(await readdir(own)).toEqual([]);
  });

  it("finds another folder for its socket when TMPDIR is too long for one", async () => {
    const long = join(folder, "x".repeat(100));
    await mkdir(long);
    const child = start([], { PACKER_PLUGIN_MAGIC_COOKIE: COOKIE, TMPDIR: long });
    const path = (await firstLine(child)).trim().split("|").at(-1) ?? "";
    expect(path).toMatch(/^\/tmp\/packer-plugin-/);
    const socket = createConnection(path);
    socket.on("connect", () => socket.destroy());
    expect(await once(child, "close")).toEqual([0, null]);
  });
});
