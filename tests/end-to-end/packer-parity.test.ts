import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readPartitionTable } from "../../src/host/partition-table.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { runProgram } from "../../src/run-program.ts";
import { openPackerBench, type PackerBench, publicSourceHcl } from "../support/packer-plugin/packer.ts";
import { readTree } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

const describe = requirePrograms("packer");

describe("the same template through the command line and through Packer", () => {
  let bench: PackerBench;
  beforeAll(async () => {
    bench = await openPackerBench("packer-parity");
  });
  afterAll(() => bench.close());

  it("gives the same calls of the API and the same image", async () => {
    const script = await bench.file("up.sh", "#!/bin/sh\necho uploaded\n");
    await chmod(script, 0o755);
    const path = await bench.file("web.pkr.hcl", template);
    const packer = await record(bench, async () => {
      const { code, output, imageIds } = await bench.build("-var", `script=${script}`, path);
      expect(code, output).toBe(0);
      return imageIds[0] ?? "";
    });
    const cli = await record(bench, async () => {
      const io = recordingIo({ env: { ...process.env, ...bench.bakery.env } });
      const code = await runProgram(["build", "-var", `script=${script}`, path], io);
      expect(code, io.written.stderr).toBe(0);
      return /ami-[0-9a-f]{8}/.exec(io.written.stdout.split("The artifacts of")[1] ?? "")?.[0] ?? "";
    });
    expect(cli.calls).toEqual(packer.calls);
    expect(cli.calls.changes.length).toBeGreaterThan(10);
    expect(cli.calls.deletions).toHaveLength(3);
    expect(cli.tree).toEqual(packer.tree);
    expect(cli.tree.some((line) => line.startsWith("srv/up.sh 100755 "))).toBe(true);
  });
});

const template = `
  variable "script" {}
  source "outscale-chroot" "web" {
    omi_name = "one"
    ${publicSourceHcl}
    tags             = { base = "{{.SourceOMIName}}" }
    root_volume_size = 2
    omi_account_ids  = ["123456789012"]
  }
  build {
    sources = ["source.outscale-chroot.web"]
    provisioner "shell" {
      inline = ["echo \${build.SourceOMIName} > /etc/baked", "chmod 600 /etc/baked"]
    }
    provisioner "file" {
      source      = var.script
      destination = "/srv/up.sh"
    }
  }`;

/** What a build asked of the API, and what its image holds. The OMI is deleted, so that the next build finds its name. */
async function record({ bakery, folder }: PackerBench, build: () => Promise<string>) {
  const before = bakery.cloud.requests.length;
  const imageId = await build();
  const calls = comparable(bakery.cloud.requests.slice(before));
  const tree = await readImageTree(await bakery.export(imageId), join(folder, "tree"));
  await bakery.api.deleteImage({ ImageId: imageId });
  // What was still going when the OMI was there, the next build would look for.
  await bakery.cleanUp();
  return { calls, tree };
}

/**
 * The calls, with what is new in each run replaced by its order in what the build makes, one after the other. What goes
 * meanwhile, and what was asked at all, is compared without its order: that, and how often, is a matter of timing.
 */
function comparable(requests: PackerBench["bakery"]["cloud"]["requests"]) {
  const lines = requests.map(({ action, body }) => `${action} ${JSON.stringify(body)}`);
  const isRead = (line: string) => line.startsWith("Read");
  const isDeletion = (line: string) => /^Delete(Image|Snapshot|Volume) /.test(line);
  const changes = lines.filter((line) => !isRead(line) && !isDeletion(line));
  const names = new Map<string, string>();
  for (const [id] of changes.join("\n").matchAll(NEW_EACH_TIME)) names.set(id, names.get(id) ?? `#${names.size}`);
  const rename = (line: string) => line.replace(NEW_EACH_TIME, (id) => names.get(id) ?? id);
  const inAnyOrder = (some: readonly string[]) => [...new Set(some.map(rename))].sort();
  return {
    changes: changes.map(rename),
    deletions: inAnyOrder(lines.filter(isDeletion)),
    reads: inAnyOrder(lines.filter(isRead)),
  };
}

const NEW_EACH_TIME = /\b(ami|vol|snap|i)-[0-9a-f]{8}\b|\b[0-9a-f]{12}\b|"ClientToken":"[^"]*"/g;

async function readImageTree(disk: string, folder: string): Promise<string[]> {
  const table = await readPartitionTable(disk);
  await mkdir(folder, { recursive: true });
  await hostRunner().run(["mount", "-o", `ro,loop,offset=${table?.partitions[0]?.startBytes ?? 0}`, disk, folder]);
  try {
    return await readTree(folder);
  } finally {
    await hostRunner().run(["umount", folder]);
  }
}
