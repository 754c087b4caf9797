import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { LocalCloudOptions } from "../../../src/local-cloud/options.ts";
import { type Bakery, openBakery } from "../bake/bake.ts";
import type { Running } from "../program/running.ts";
import { type Fleet, openFleet } from "./fleet.ts";

/** What a template has besides what every build needs. */
export interface TemplateParts {
  /** Beside its source and its build: variables, data sources. */
  readonly top: string;
  /** In its source. */
  readonly source: string;
  /** In its build: provisioners and post-processors. */
  readonly build: string;
}

/** A fleet on a local cloud, with a template that can be made to wait. */
export interface FleetBench extends AsyncDisposable {
  readonly bakery: Bakery;
  readonly fleet: Fleet;
  /** Where the template is. */
  readonly folder: string;
  worker(name?: string, argv?: readonly string[]): Promise<Running>;
  /** Writes `web.pkr.hcl`. */
  writeTemplate(parts?: Partial<TemplateParts>): Promise<void>;
  /** A provisioner that has the file `reached` made and waits for the file `go`. */
  readonly pause: string;
  reached(): Promise<void>;
  go(): Promise<void>;
  /** Runs `fleet ...` or another command to its end. */
  ask(...argv: readonly string[]): Promise<{ readonly code: number | NodeJS.Signals | null; readonly output: string }>;
  /** Ends the workers, and forgets OMIs, builds and files. */
  clear(): Promise<void>;
}

/**
 * @param name Of its folder
 * @param redisSettings See {@link openFleet}, as `enter`
 */
export async function openFleetBench(
  name: string,
  options: Partial<LocalCloudOptions> = {},
  redisSettings: Readonly<Record<string, string>> = {},
  enter: readonly string[] = [],
): Promise<FleetBench> {
  const bakery = await openBakery(name, options);
  const fleet = await openFleet(bakery.folder, join(bakery.folder, "cloud"), redisSettings, enter);
  const folder = join(bakery.folder, "project");
  await mkdir(folder);
  await mkdir(join(bakery.folder, "mnt"));
  const [reachedFile, goFile] = [join(bakery.folder, "reached"), join(bakery.folder, "go")];
  const workers: Running[] = [];
  return {
    ...{ bakery, fleet, folder },
    worker: async (workerName = "worker", argv = []) => {
      const started = await fleet.startWorker(workerName, argv);
      workers.push(started);
      return started;
    },
    writeTemplate: (parts = {}) => writeFile(join(folder, "web.pkr.hcl"), templateText(bakery.folder, parts)),
    pause: `provisioner "shell-local" { inline = ["touch ${reachedFile}", "until [ -e ${goFile} ]; do sleep 0.05; done"] }`,
    reached: () => expect.poll(() => isThere(reachedFile)).toBe(true),
    go: () => writeFile(goFile, ""),
    ask: async (...argv) => {
      const run = fleet.run([...argv, "-queue", fleet.url], { folder });
      return { code: await run.ended(), output: run.output() };
    },
    clear: async () => {
      // A worker ends when its builds are done, also those that wait because a test has failed.
      await writeFile(goFile, "");
      for (const worker of workers.splice(0)) await worker.stopped();
      const { images, snapshots } = await bakery.leftovers();
      for (const image of images) await bakery.api.deleteImage({ ImageId: image.split(" ")[0] ?? "" });
      for (const SnapshotId of snapshots) await bakery.api.deleteSnapshot({ SnapshotId });
      await fleet.redis.flushall();
      for (const file of [reachedFile, goFile]) await rm(file, { force: true });
    },
    [Symbol.asyncDispose]: async () => {
      await fleet.close();
      await bakery.close();
    },
  };
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A template whose build is quick. @param folder Where images may be mounted, in a folder of it */
export function templateText(
  folder: string,
  { top = "", source = 'omi_name = "web"', build = "" }: Partial<TemplateParts> = {},
): string {
  return `
${top}
source "outscale-chroot" "web" {
  ${source}
  boot_check = "off"
  mount_path = "${folder}/mnt/{{.Device}}"
  polling {
    min = "5ms"
    max = "50ms"
  }
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
}
build {
  sources = ["source.outscale-chroot.web"]
  ${build}
}
`;
}
