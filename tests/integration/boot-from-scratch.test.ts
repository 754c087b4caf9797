import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bake } from "../../src/bake/bake.ts";
import type { BakeEvent } from "../../src/bake/event-report.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import {
  exportLocalImage,
  localCloudImages,
  localCloudStatus,
  resetLocalCloud,
} from "../../src/local-cloud/administer-cloud.ts";
import { runProgram } from "../../src/run-program.ts";
import { attachLoop, detachLoop } from "../support/disks/loop-disk.ts";
import { TutorialReader, tutorialLines } from "../support/docs/tutorial.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

// One debootstrap, the tutorial's, whose OMI the tests after it start from: they are in order.
const MINUTES = 60_000;
const lines = tutorialLines("docs/tutorial.md");
/** The tutorial ends with a clean-up. */
const lastLine = lines.at(-1)?.line ?? "";
const programs = ["debootstrap", "sfdisk", "mkfs.ext4", "qemu-system-x86_64", "ansible-playbook"];

function splitAtTab(line: string): [string, string] {
  const [path = "", facts = ""] = line.split("\t");
  return [path, facts];
}

requirePrograms(...programs)("a Debian 12 from nothing", () => {
  let folder: string;
  let cloud: string;

  let reader: TutorialReader;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "from-scratch-")));
    cloud = join(folder, "cloud");
    reader = new TutorialReader(folder, environment());
  });

  afterAll(async () => {
    await resetLocalCloud(cloud);
    await rm(folder, { recursive: true, force: true });
  });

  const environment = () => ({ OUTSCALE_CHROOT_LOCAL_CLOUD: cloud, OUTSCALE_CHROOT_STATE: join(folder, "state") });

  async function build(...argv: readonly string[]) {
    const io = recordingIo({ env: { ...process.env, ...environment() } });
    const exitCode = await runProgram(["build", "-local", "-color=false", ...argv], io);
    return { exitCode, output: io.written.stdout + io.written.stderr };
  }

  /** A template that starts from the OMI that debootstrap has made. */
  async function template(name: string, options: string, provisioners: string): Promise<string> {
    const path = join(folder, `${name}.pkr.hcl`);
    const filter = 'source_omi_filter {\n filters = { image-name = "debian-12-from-scratch" }\n owners = ["self"]\n }';
    const source = `source "outscale-chroot" "debian" {\n omi_name = "${name}"\n ${filter}\n ${options}\n}`;
    await writeFile(path, `${source}\nbuild {\n sources = ["source.outscale-chroot.debian"]\n ${provisioners}\n}\n`);
    return path;
  }

  const imageNames = async () => (await localCloudImages(cloud)).map(({ ImageName }) => ImageName);

  async function exportDisk(image: string): Promise<string> {
    const disk = join(folder, `${image}.raw`);
    await exportLocalImage(cloud, { image, disk });
    return disk;
  }

  it.each(lines.slice(0, -1))(
    "docs/tutorial.md: $line",
    async ({ line, fails }) => {
      const isBoot = line.includes("qemu-system");
      const { exitCode, output } = await reader.type(line, isBoot ? /login: / : undefined);
      if (isBoot) expect(output).toMatch(/login: /);
      else expect(exitCode === 0, output).toBe(!fails);
      if (fails) expect(output).toMatch(/-force/);
      expect(output).not.toMatch(/\[FAILED\]|Failed to start/);
    },
    40 * MINUTES,
  );

  it("is refused by the strict check when its boot loader names a device of the builder", async () => {
    const sed = "sed -i 's|root=UUID=[^ ]*|root=/dev/loop0p1|' /boot/grub/grub.cfg";
    const path = await template("wrong-root", 'boot_check = "strict"', `provisioner "shell" { inline = ["${sed}"] }`);
    const { exitCode, output } = await build(path);
    expect(output).toContain("root=/dev/loop0p1 is a device of the builder");
    expect(exitCode).toBe(13);
    expect(await imageNames()).not.toContain("wrong-root");
  });

  it(
    "is refused by the boot test when its init is broken",
    async () => {
      const options = 'boot_check = "strict"\n boot_test { timeout = "15m" }';
      const path = await template(
        "no-init",
        options,
        'provisioner "shell" { inline = ["ln -sf /bin/false /sbin/init"] }',
      );
      const { exitCode, output } = await build(path);
      expect(output).toMatch(/does not boot: Kernel panic - not syncing.*\n(.*\| .*\n)+/);
      const [, consoleFile = ""] = /The whole console is in (.*)/.exec(output) ?? [];
      expect(await readFile(consoleFile, "utf8")).toMatch(/Linux version.*Kernel panic - not syncing/s);
      expect(exitCode).toBe(13);
      expect(await imageNames()).not.toContain("no-init");
    },
    20 * MINUTES,
  );

  it(
    "has commands run in it once it has booted, and a unit that fails found, without a write to the volume",
    async () => {
      const run = '["systemctl is-active ssh", "echo $((6*7))", "ip -o link", "systemctl is-enabled broken"]';
      const options = `boot_check = "strict"\n boot_test {\n timeout = "15m"\n run = ${run}\n }`;
      const unit = "[Service]\\nType=oneshot\\nExecStart=/bin/false\\n[Install]\\nWantedBy=multi-user.target\\n";
      const lines = `["printf '${unit}' > /etc/systemd/system/broken.service", "systemctl enable broken"]`;
      const path = await template("broken-unit", options, `provisioner "shell" {\n inline = ${lines}\n }`);
      const hashes: string[] = [];
      let volume = "";
      const tests: Extract<BakeEvent, { type: "boot-tested" }>[] = [];
      const { builds } = await bake({
        template: path,
        local: { stateFolder: cloud },
        env: { ...process.env, ...environment() },
        onEvent: (event) => {
          if (event.type === "boot-tested") tests.push(event);
          if (event.type === "resource" && event.kind === "volume" && event.change === "acquired") volume = event.id;
          if (event.type !== "step-started" && event.type !== "step-ended") return;
          if (event.step === "StepBootTest") hashes.push(hashOf(join(cloud, "disks", `${volume}.raw`)));
        },
      });
      expect(String(builds[0]?.error)).toMatch(
        /A unit has failed in the booted image: broken\.service\n( {2}\| .*\n)* {2}\| .*broken\.service/,
      );
      expect(tests[0]?.commands).toEqual([
        { command: "systemctl is-active ssh", exitCode: 0, output: "active\n" },
        { command: "echo $((6*7))", exitCode: 0, output: "42\n" },
        { command: "ip -o link", exitCode: 0, output: expect.stringMatching(/^1: lo: .*\n$/) },
        { command: "systemctl is-enabled broken", exitCode: 0, output: "enabled\n" },
      ]);
      expect(tests[0]?.failedUnits.map(({ name }) => name)).toEqual(["broken.service"]);
      expect([hashes.length, new Set(hashes).size]).toEqual([2, 1]);
      expect(await imageNames()).not.toContain("broken-unit");
    },
    40 * MINUTES,
  );

  const hashOf = (path: string) => execFileSync("sha256sum", [path], { encoding: "utf8" });

  it(
    "takes a package with a daemon and a play, and keeps nothing else",
    async () => {
      await mkdir(join(folder, "play"));
      const playbook = join(folder, "play/site.yml");
      const tasks =
        "    - copy: { content: hello, dest: /etc/motd }\n    - copy: { content: x, dest: /opt/app.conf }\n";
      await writeFile(playbook, `- hosts: web\n  gather_facts: false\n  tasks:\n${tasks}`);
      const shell =
        'provisioner "shell" {\n inline = ["apt-get update", "apt-get install -y --no-install-recommends cron"]\n }';
      const ansible = `provisioner "ansible" {\n playbook_file = "${playbook}"\n groups = ["web"]\n }`;
      const { exitCode, output } = await build(
        await template("provisioned", 'boot_check = "strict"', `${shell}\n${ansible}`),
      );
      expect(exitCode, output).toBe(0);
      expect(output).not.toContain("left processes running");
      const before = await readImage("debian-12-from-scratch");
      const after = await readImage("provisioned");
      const changed = [...before.paths].filter(([path, facts]) => isNoState(path) && after.paths.get(path) !== facts);
      const how = changed.map(([path, facts]) => `${path}: ${facts}, then ${after.paths.get(path)}`).join("\n");
      // The package's group; what dpkg itself and the play wrote.
      expect(
        changed.map(([path]) => path),
        how,
      ).toEqual(["/etc/group", "/etc/gshadow", "/etc/motd"]);
      const packaged = new Set(after.packaged);
      const added = [...after.paths.keys()].filter((path) => !before.paths.has(path) && !packaged.has(path));
      const enabled = "/etc/systemd/system/multi-user.target.wants/cron.service";
      expect(added.filter(isNoState)).toEqual([enabled, "/opt/app.conf"]);
    },
    20 * MINUTES,
  );

  it(
    "is the base of examples/ansible.pkr.hcl",
    async () => {
      const greeting = "Baked by a test";
      const { exitCode, output } = await build("-var", `greeting=${greeting}`, "examples/ansible.pkr.hcl");
      expect(exitCode, output).toBe(0);
      expect(await imageNames()).toContain("web-by-ansible");
      expect(await readInImage("web-by-ansible", "var/www/html/index.html")).toContain(`<h1>${greeting}</h1>`);
    },
    20 * MINUTES,
  );

  it("leaves no violation in the cloud", async () => {
    expect((await localCloudStatus(cloud)).violations).toEqual([]);
  });

  it(`docs/tutorial.md: ${lastLine}`, async () => {
    const { exitCode, output } = await reader.type(lastLine);
    expect(exitCode, output).toBe(0);
    expect(await readdir(join(folder, "state", "runs"))).toEqual([]);
  });

  /** What package tools and services keep of themselves is no part of the comparison. */
  function isNoState(path: string): boolean {
    return !/^\/(var\/(lib\/(dpkg|apt|systemd)|cache|log)\/|etc\/(group|gshadow|passwd|shadow)-$|etc\/rc\d\.d\/)/.test(
      path,
    );
  }

  /** A file of an OMI's root file system. */
  const readInImage = (name: string, path: string) => inImage(name, (root) => readFile(join(root, path), "utf8"));

  /** Every path of an OMI's root file system, with its type, mode, owner, size and target; and what packages brought. */
  async function readImage(name: string) {
    return inImage(name, async (root) => {
      const folders = ["-type", "d", "-printf", "/%P\\td %m %U:%G\\n"];
      const others = ["-printf", "/%P\\t%y %m %U:%G %s %l\\n"];
      const argv = ["find", root, "-xdev", "-mindepth", "1", ...folders, "-o", ...others];
      const { stdout } = await hostRunner().run(argv);
      const paths = new Map(stdout.trim().split("\n").sort().map(splitAtTab));
      const info = join(root, "var/lib/dpkg/info");
      const lists = (await readdir(info)).filter((file) => file.endsWith(".list"));
      const packaged = await Promise.all(lists.map((file) => readFile(join(info, file), "utf8")));
      const lines = packaged.join("").split("\n");
      // Packages may still say /lib for what lies in /usr/lib.
      return { paths, packaged: lines.map((path) => path.replace(/^\/lib\//, "/usr/lib/")) };
    });
  }

  /** Looks into an OMI's root file system, mounted read-only. */
  async function inImage<Result>(name: string, look: (root: string) => Promise<Result>): Promise<Result> {
    const device = await attachLoop(await exportDisk(name), "--read-only");
    const root = await mkdtemp(join(folder, "mount-"));
    const host = hostRunner();
    try {
      await host.run(["partx", "--add", device], { okExitCodes: [0, 1] });
      await host.run(["mount", "-o", "ro,noload", `${device}p2`, root]);
      try {
        return await look(root);
      } finally {
        await host.run(["umount", root]);
      }
    } finally {
      await detachLoop(device);
    }
  }
});
