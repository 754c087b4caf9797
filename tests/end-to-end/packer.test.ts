import { chown, mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readProcessTree } from "../../src/host/process-tree.ts";
import { findRun, listRuns } from "../../src/index.ts";
import { nothing } from "../support/bake/bake.ts";
import { readDiskFile } from "../support/disks/disk-file.ts";
import {
  openPackerBench,
  type PackerBench,
  type PackerResult,
  publicSourceHcl,
  readManifest,
} from "../support/packer-plugin/packer.ts";
import { readProcessesOf } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("packer");

describe("packer build", () => {
  let bench: PackerBench;
  beforeEach(async () => {
    bench = await openPackerBench("packer-test");
  });
  afterEach(() => bench.close());

  /** What a build that made one OMI leaves: that OMI with its snapshot, and nothing else anywhere. */
  async function expectOneOmi({ code, output, imageIds }: PackerResult, name: string): Promise<string> {
    expect(code, output).toBe(0);
    const [imageId = ""] = imageIds;
    const { images, snapshots, ...others } = await bench.bakery.leftovers();
    expect({ images, snapshots: snapshots.length }).toEqual({ images: [`${imageId} ${name}`], snapshots: 1 });
    expect({ ...nothing, ...others }).toEqual(nothing);
    return imageId;
  }

  const fileOf = (name: string) => readFile(join(bench.folder, name), "utf8");

  it("builds a JSON template with every provisioner of Packer's own and a manifest", async () => {
    await bench.file("up.txt", "sent up\n");
    const provisioners = [
      { type: "shell", inline: ["echo {{build `SourceOMIName`}} > /etc/baked", "echo to stderr >&2"] },
      { type: "file", source: "up.txt", destination: "/srv/" },
      { type: "file", direction: "download", source: "/etc/baked", destination: "down.txt" },
      { type: "shell-local", inline: ["echo by value > {{build `MountPath`}}/etc/by-value"] },
      { type: "shell-local", inline: [`echo literal > ${join(bench.folder, "image/etc/literal")}`] },
    ];
    const options = {
      omi_name: "{{user `name`}}-{{build_name}}",
      mount_path: join(bench.folder, "image"),
      tags: { base: "{{.SourceOMIName}}" },
      name: "json",
    };
    const rest = {
      variables: { name: "packed" },
      provisioners,
      "post-processors": [{ type: "manifest", output: "manifest.json" }],
    };
    const result = await bench.build(await bench.template(options, rest));
    const imageId = await expectOneOmi(result, "packed-json");
    expect(result.output).toContain("==> json: to stderr");
    const { Images } = await bench.bakery.api.readImages({ Filters: { ImageIds: [imageId] } });
    expect(Images[0]?.Tags).toEqual([{ Key: "base", Value: "Debian-12-2026.01.01-0" }]);
    expect(await fileOf("down.txt")).toBe("Debian-12-2026.01.01-0\n");
    expect((await readManifest(join(bench.folder, "manifest.json"))).builds).toMatchObject([
      { name: "json", artifact_id: `eu-west-2:${imageId}` },
    ]);
    const disk = await bench.bakery.export(imageId);
    expect(await readDiskFile(disk, "/srv/up.txt")).toBe("sent up\n");
    expect(await readDiskFile(disk, "/etc/by-value")).toBe("by value\n");
    expect(await readDiskFile(disk, "/etc/literal")).toBe("literal\n");
  });

  it("lets commands open their streams again, and gives uploads to root", async () => {
    for (const path of ["rootfs/etc/cron.d/job", "single"]) {
      await bench.file(path, "* * * * * root true\n");
      await chown(join(bench.folder, path), 1000, 1000);
    }
    await chown(join(bench.folder, "rootfs/etc/cron.d"), 1000, 1000);
    const commands = [
      "echo to-stderr > /dev/stderr",
      "echo to-fd1 > /proc/self/fd/1",
      "echo teed | tee /dev/stderr",
      "exec 3> /dev/stdout; echo to-fd3 >&3",
    ];
    const provisioners = [
      { type: "shell", inline: commands },
      { type: "file", source: "rootfs/", destination: "/" },
      { type: "file", source: "single", destination: "/srv/single" },
      { type: "shell", inline: ["stat -c 'owner %u:%g %n' /etc/cron.d /etc/cron.d/job /srv/single"] },
    ];
    const post_mount_commands = ["echo post-mount > /dev/stderr"];
    const path = await bench.template({ omi_name: "streams", post_mount_commands }, { provisioners });
    const result = await bench.build(path);
    await expectOneOmi(result, "streams");
    for (const line of ["to-stderr", "to-fd1", "to-fd3", "post-mount"]) {
      expect(result.output.split(`: ${line}\n`), line).toHaveLength(2);
    }
    expect(result.output.split(": teed\n")).toHaveLength(3);
    for (const place of ["/etc/cron.d", "/etc/cron.d/job", "/srv/single"]) {
      expect(result.output).toContain(`: owner 0:0 ${place}\n`);
    }
  });

  it("builds an HCL2 template with blocks in blocks", async () => {
    const template = `
      variable "name" { default = "hcl" }
      source "outscale-chroot" "web" {
        omi_name = var.name
        ${publicSourceHcl}
        chroot_mounts = [["proc", "proc", "/proc"], ["bind", "/dev", "/dev"]]
        tags = { base = "{{.SourceOMIName}}" }
        dynamic "tag" {
          for_each = { stage = "test" }
          content {
            key   = tag.key
            value = tag.value
          }
        }
      }
      build {
        sources = ["source.outscale-chroot.web"]
        provisioner "shell" {
          inline = ["echo \${build.SourceOMI} \${build.ID} \${build.PackerHTTPAddr} > /etc/baked", "exit 7"]
          valid_exit_codes = [7]
        }
        provisioner "file" {
          source      = "/etc/baked"
          destination = "hcl-down.txt"
          direction   = "download"
        }
        provisioner "shell-local" {
          inline = ["cat \${build.MountPath}/etc/baked > local.txt"]
        }
        post-processor "manifest" { output = "hcl.json" }
      }`;
    const path = await bench.file("web.pkr.hcl", template);
    const imageId = await expectOneOmi(await bench.build(path), "hcl");
    const { Images } = await bench.bakery.api.readImages({ Filters: { ImageIds: [imageId] } });
    expect(Images[0]?.Tags).toEqual([
      { Key: "base", Value: "Debian-12-2026.01.01-0" },
      { Key: "stage", Value: "test" },
    ]);
    expect(await fileOf("hcl-down.txt")).toMatch(/^ami-\w+ vol-\w+ ERR_HTTP_ADDR_NOT_IMPLEMENTED_BY_BUILDER\n$/);
    expect(await fileOf("local.txt")).toBe(await fileOf("hcl-down.txt"));
  });

  it("works with private mounts too, for provisioners that ask the plugin for the image", async () => {
    await bench.file("up.txt", "sent up\n");
    const provisioners = [
      { type: "file", source: "up.txt", destination: "/srv/up.txt" },
      { type: "shell", inline: ["cat /srv/up.txt"] },
      { type: "shell-local", inline: ["ls {{build `MountPath`}} | wc -l"] },
    ];
    const path = await bench.template({ omi_name: "private", isolation: "private" }, { provisioners });
    const result = await bench.build(path);
    await expectOneOmi(result, "private");
    expect(result.output).toContain(": sent up\n");
    expect(result.output).toContain(": 0\n");
  });

  it("logs what the engine does to Packer's log, with secrets masked", async () => {
    const log = join(bench.folder, "packer.log");
    const path = await bench.template({ omi_name: "logged" });
    const { env } = bench.bakery;
    const { code, output } = await bench.start(["build", path], { PACKER_LOG: "1", PACKER_LOG_PATH: log }).result;
    expect(code, output).toBe(0);
    const text = await readFile(log, "utf8");
    expect(text).toMatch(/packer-builder-outscale-chroot plugin: \S+ \[api\] CreateVolume 200/);
    expect(text.split("plugin: ").slice(1).join("")).not.toContain(env.OSC_SECRET_KEY);
  });

  it("leaves nothing when a provisioner fails, after the error-cleanup provisioner", async () => {
    const rest = {
      provisioners: [{ type: "shell", inline: ["exit 3"] }],
      "error-cleanup-provisioner": { type: "shell-local", inline: ["echo cleaned > cleaned.txt"] },
    };
    const path = await bench.template({ omi_name: "never" }, rest);
    const { code, output } = await bench.build("-on-error=cleanup", path);
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining("exit status: 3") });
    expect(await fileOf("cleaned.txt")).toBe("cleaned\n");
    expect(await bench.bakery.leftovers()).toEqual(nothing);
  });

  it("keeps the volume under -on-error=abort, and cleanup takes it down", async () => {
    const rest = { provisioners: [{ type: "shell", inline: ["exit 3"] }] };
    const path = await bench.template({ omi_name: "never" }, rest);
    const { code, output } = await bench.build("-on-error=abort", path);
    expect(code, output).toBe(1);
    const kept = await bench.bakery.leftovers();
    expect(kept).toMatchObject({ volumes: [expect.any(String)], journals: [expect.any(String)] });
    await bench.bakery.cleanUp();
    expect(await bench.bakery.leftovers()).toEqual(nothing);
  });

  it("leaves a record of each run, with what image_check found and generalise removed", async () => {
    const inline = ["echo '-----BEGIN PRIVATE KEY-----' > /etc/left.pem", "echo typed > /root/.bash_history"];
    const rest = { provisioners: [{ type: "shell", inline }] };
    const check = { level: "strict", allow: ["log", "set-id"] };
    const refused = await bench.build(await bench.template({ omi_name: "checked", image_check: check }, rest));
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("private-key: /etc/left.pem") });
    expect(await bench.bakery.leftovers()).toEqual(nothing);

    const allow = [...check.allow, "private-key:/etc/*.pem", "machine-id", "password", "world-writable"];
    const options = { omi_name: "checked", generalise: true, image_check: { ...check, allow } };
    await expectOneOmi(await bench.build(await bench.template(options, rest)), "checked");

    const { stateFolder } = bench.bakery;
    const { runs } = await listRuns(stateFolder);
    expect(runs.map(({ state }) => state)).toEqual(["done", "failed"]);
    const [done, failed] = runs.map(({ runId }) => findRun(stateFolder, runId));
    expect(failed).toMatchObject({ error: { code: "E_IMAGE_CHECK", step: "StepImageCheck" }, product: null });
    expect(failed?.imageCheck?.findings).toContainEqual({ rule: "private-key", path: "/etc/left.pem" });
    expect(done).toMatchObject({
      product: { imageName: "checked" },
      configuration: { omi_name: "checked", generalise: true },
      generalised: expect.arrayContaining(["shell history: /root/.bash_history"]),
    });
    expect(done?.phases.length).toBeGreaterThan(10);
    expect(done?.lines.map(({ text }) => text).join()).toContain("Removing what belongs to one machine");
  });

  it("refuses a taken name, and replaces it with -force", async () => {
    const path = await bench.template({ omi_name: "twice" });
    const first = await expectOneOmi(await bench.build(path), "twice");
    const refused = await bench.build(path);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("twice") });
    const forced = await bench.template({ omi_name: "twice", force_delete_snapshot: true });
    const second = await expectOneOmi(await bench.build("-force", forced), "twice");
    expect(second).not.toBe(first);
  });

  it("tells every problem of the options at once, before anything is created", async () => {
    const path = await bench.template({ omi_name: "x", omi_descriptin: "y" });
    const { code, output } = await bench.build(path);
    expect(code).toBe(1);
    expect(output).toContain("2 error(s) occurred:");
    expect(output).toMatch(/\* omi_descriptin: is not an option \(did you mean "omi_description"\?\)/);
    const validated = await bench.start(["validate", path]).result;
    expect(validated).toMatchObject({ code: 1, output: expect.stringContaining("omi_descriptin") });
    expect(await bench.bakery.leftovers()).toEqual(nothing);
  });

  it("shows no secret", async () => {
    const secret = bench.bakery.env.OSC_SECRET_KEY ?? "";
    const rest = { provisioners: [{ type: "shell", inline: [`echo the key is ${secret}`, "exit 1"] }] };
    const path = await bench.template({ omi_name: "secret" }, rest);
    const { code, output } = await bench.build(path);
    expect(code).toBe(1);
    expect(output).toContain("the key is <sensitive>");
    expect(output).not.toContain(secret);
  });

  it("builds two OMIs side by side, each in a process of its own", async () => {
    const builders = ["one", "two"].map((name) => bench.builder({ omi_name: name, name }));
    const provisioners = [{ type: "shell", inline: ["echo {{build_name}} > /etc/baked"] }];
    const path = await bench.file("both.json", JSON.stringify({ builders, provisioners }));
    const { code, output, imageIds } = await bench.build(path);
    expect(code, output).toBe(0);
    expect(imageIds).toHaveLength(2);
    const { images, snapshots, ...others } = await bench.bakery.leftovers();
    expect(images.map((image) => image.split(" ")[1]).sort()).toEqual(["one", "two"]);
    expect({ ...nothing, ...others, snapshots: snapshots.length }).toEqual({ ...nothing, snapshots: 2 });
    for (const image of images) {
      const [imageId = "", name] = image.split(" ");
      expect(await readDiskFile(await bench.bakery.export(imageId), "/etc/baked")).toBe(`${name}\n`);
    }
  });

  it.each([
    ["while the builder works", { pre_mount_commands: ["echo ready; sleep 1000"] }, [], "ready"],
    ["in a provisioner", {}, [{ type: "shell", inline: ["echo ready", "sleep 1000"] }], "ready"],
    ["in shell-local", {}, [{ type: "shell-local", inline: ["echo ready", "sleep 1000"] }], "ready"],
  ])("takes everything down after Ctrl-C %s", async (_, options, provisioners, mark) => {
    const path = await bench.template({ omi_name: "never", ...options }, { provisioners });
    const packer = bench.start(["build", "-color=false", path]);
    await packer.prints(`${mark}\n`);
    process.kill(-(packer.child.pid ?? 0), "SIGINT");
    await packer.exited;
    killStrays(packer.child.pid ?? 0);
    const { code, output } = await packer.result;
    expect(code, output).toBe(1);
    expect(await bench.bakery.leftovers()).toEqual(nothing);
    // What was killed outside Packer ends beside it.
    await expect.poll(() => readProcessesOf(bench.folder)).toEqual([]);
  });

  it("takes everything down after Ctrl-C twice", async () => {
    const rest = { provisioners: [{ type: "shell", inline: ["echo ready", "sleep 1000"] }] };
    const packer = bench.start(["build", "-color=false", await bench.template({ omi_name: "never" }, rest)]);
    await packer.prints("ready\n");
    process.kill(-(packer.child.pid ?? 0), "SIGINT");
    // Two at once would be one to a process that has not yet seen the first.
    await packer.prints("Cancelling build");
    process.kill(-(packer.child.pid ?? 0), "SIGINT");
    expect((await packer.result).code).toBe(1);
    expect(await bench.bakery.leftovers()).toEqual(nothing);
  });

  it("takes everything down when Packer hangs", async () => {
    const rest = { provisioners: [{ type: "shell", inline: ["echo ready", "sleep 1000"] }] };
    const packer = bench.start(["build", "-color=false", await bench.template({ omi_name: "never" }, rest)]);
    await packer.prints("ready\n");
    const cores = coresOf(packer.child.pid ?? 0);
    for (const pid of cores) process.kill(pid, "SIGSTOP");
    try {
      // It says nothing to pings for a minute.
      await expect.poll(() => bench.bakery.leftovers(), { interval: 1_000 }).toEqual(nothing);
    } finally {
      for (const pid of cores) process.kill(pid, "SIGKILL");
    }
    await packer.result;
    await expect.poll(() => pluginsOf(bench.folder)).toEqual([]);
  });

  it("takes everything down when Packer is killed in the middle", async () => {
    const rest = { provisioners: [{ type: "shell", inline: ["echo ready", "sleep 1000"] }] };
    const path = await bench.template({ omi_name: "never" }, rest);
    const packer = bench.start(["build", "-color=false", path]);
    await packer.prints("ready\n");
    const plugins = await pluginsOf(bench.folder);
    expect(plugins).toHaveLength(1);
    for (const pid of coresOf(packer.child.pid ?? 0)) process.kill(pid, "SIGKILL");
    await packer.result;
    await expect.poll(() => pluginsOf(bench.folder)).toEqual([]);
    expect(await bench.bakery.leftovers()).toEqual(nothing);
  });
});

describe("the plugin as packer-plugin-outscale", () => {
  it("describes itself to Packer, and is started by its component's name", async () => {
    const install = (file: string, folder: string) => putFile(file, join(folder, "packer-plugin-outscale"));
    const bench = await openPackerBench("packer-named", { install });
    try {
      const result = await bench.build(await bench.template({ omi_name: "named" }));
      expect(result.code, result.output).toBe(0);
    } finally {
      await bench.close();
    }
  });
});

async function putFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

/** What Packer's shell-local provisioner starts ignores Ctrl-C, and Packer does not end it. */
function killStrays(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // There are none.
  }
}

/** The plugin's processes. */
async function pluginsOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readProcessesOf(join(folder, "plugins"))) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes("packer-builder-outscale-chroot")) found.push(pid);
  }
  return found;
}

/** Packer's two processes: the one that was started, and its child that does the work. */
function coresOf(pid: number): number[] {
  // Not /proc/PID/task/PID/children: Go forks in any of its threads, and that names the first one's children alone.
  const children = [...readProcessTree().values()].filter(({ parentPid }) => parentPid === pid);
  return [pid, ...children.map((child) => child.pid)];
}
