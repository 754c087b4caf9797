import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundlePlugin } from "../../../scripts/bundle-plugin.js";
import type { RawConfig } from "../../../src/definition/raw-value.ts";
import type { LocalCloudOptions } from "../../../src/local-cloud/options.ts";
import { type Bakery, openBakery, publicSource } from "../bake/bake.ts";

/** Packer itself beside a local cloud, with the plugin installed and nothing else. */
export interface PackerBench {
  readonly bakery: Bakery;
  readonly folder: string;
  /** Writes a file into the folder. @returns its path */
  file(name: string, text: string): Promise<string>;
  /** The builder of a JSON template, mounting below the folder. */
  builder(options: RawConfig): RawConfig;
  /** Writes a JSON template with one build. @returns its path */
  template(options: RawConfig, rest?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Starts `packer ARGUMENTS` in the folder. */
  start(argv: readonly string[], env?: NodeJS.ProcessEnv): RunningPacker;
  /** Runs `packer build ARGUMENTS` to its end. */
  build(...argv: readonly string[]): Promise<PackerResult>;
  close(): Promise<void>;
}

export interface RunningPacker {
  readonly child: ChildProcess;
  /** Resolves when the output holds a text. @throws when Packer ends without it */
  prints(text: string): Promise<void>;
  /** Resolves when Packer itself has ended; processes that it left behind may still write. */
  readonly exited: Promise<unknown>;
  /** Resolves when nobody can write any more. */
  readonly result: Promise<PackerResult>;
}

export interface PackerResult {
  readonly code: number | null;
  /** Standard output and standard error as they came. */
  readonly output: string;
  /** The ids of the OMIs that Packer names. */
  readonly imageIds: readonly string[];
}

export interface PackerBenchOptions {
  readonly program?: string;
  /** Puts the plugin's file where this Packer looks; for 1.6.6 when absent. */
  readonly install?: (pluginFile: string, pluginFolder: string) => Promise<void>;
  readonly cloud?: Partial<LocalCloudOptions>;
}

export async function openPackerBench(name: string, options: PackerBenchOptions = {}): Promise<PackerBench> {
  const bakery = await openBakery(name, options.cloud);
  const { folder } = bakery;
  const plugins = join(folder, "plugins");
  if (options.install) {
    const pluginFile = join(folder, "plugin");
    await bundlePlugin(pluginFile);
    await options.install(pluginFile, plugins);
  } else await bundlePlugin(join(plugins, "packer-builder-outscale-chroot"));
  await mkdir(join(folder, "home"));
  const env = packerEnvironment(bakery, plugins);
  const start = (argv: readonly string[], own: NodeJS.ProcessEnv = {}) =>
    startPacker(options.program ?? "packer", argv, { cwd: folder, env: { ...env, ...own } });
  const file = async (fileName: string, text: string) => {
    const path = join(folder, fileName);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  const builder = (own: RawConfig) => ({
    type: "outscale-chroot",
    ...publicSource,
    mount_path: join(folder, "mnt/{{.Device}}"),
    ...own,
  });
  return {
    bakery,
    folder,
    file,
    builder,
    template: (own, rest = {}) => file("template.json", JSON.stringify({ builders: [builder(own)], ...rest }, null, 2)),
    start,
    build: (...argv) => start(["build", "-color=false", ...argv]).result,
    close: () => bakery.close(),
  };
}

function packerEnvironment({ env, folder }: Bakery, plugins: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    TMPDIR: folder,
    HOME: join(folder, "home"),
    PACKER_PLUGIN_PATH: plugins,
    PACKER_CACHE_DIR: join(folder, "cache"),
    CHECKPOINT_DISABLE: "1",
    ...env,
  };
}

function startPacker(
  program: string,
  argv: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): RunningPacker {
  // A process group of its own, as a terminal gives it: Ctrl-C reaches Packer, its plugins and their children at once.
  const child = spawn(program, argv, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const result = once(child, "close").then(([code]): PackerResult => {
    const [, artifacts = ""] = output.split("The artifacts of successful builds are:");
    return { code, output, imageIds: [...new Set(artifacts.match(/ami-[0-9a-f]{8}/g))] };
  });
  return {
    child,
    exited: once(child, "exit"),
    result,
    prints: (text) => waitForText(child, text, () => output, result),
  };
}

async function waitForText(
  { stdout, stderr }: ChildProcess,
  text: string,
  read: () => string,
  result: Promise<PackerResult>,
): Promise<void> {
  const ended = result.then(() => "ended" as const);
  while (!read().includes(text)) {
    const stop = new AbortController();
    const more = [stdout, stderr].map((stream) => stream && once(stream, "data", { signal: stop.signal }));
    const what = await Promise.race([...more.map((each) => each?.catch(() => undefined)), ended]);
    stop.abort();
    if (what === "ended" && !read().includes(text)) throw new Error(`Packer ended without "${text}":\n${read()}`);
  }
}

/** The options of {@link publicSource} as HCL. */
export const publicSourceHcl = `
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
  boot_check = "off"
  polling {
    min = "5ms"
    max = "50ms"
  }
`;

/** The manifest that the post-processor wrote. */
export async function readManifest(path: string): Promise<{ builds: { name: string; artifact_id: string }[] }> {
  return JSON.parse(await readFile(path, "utf8"));
}
