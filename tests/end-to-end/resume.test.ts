import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type BakeInput, bake } from "../../src/bake/bake.ts";
import { type ResumeInput, resume } from "../../src/bake/resume.ts";
import { enterRun } from "../../src/builder/enter-run.ts";
import { listRuns } from "../../src/history/runs.ts";
import { type Bakery, nothing, openBakery } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { bundleCrashingBake, runKilledBake } from "../support/bake/killed-bake.ts";
import { until } from "../support/chroot/fixtures.ts";
import { isImmutableOnDisk, readDiskFile, readDiskFolder } from "../support/disks/disk-file.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { SweepCount } from "../support/suite/sweep-count.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
const SAMPLE = 10;

/** Three provisioners that leave their names in /root/log; the second is a script that a test breaks and mends. */
const templateOf = (folder: string, { options = "", before = "", first = "one" } = {}) => `
variable "word" {
  default = "three"
}
variable "token" {
  default   = "none"
  sensitive = true
}
source "outscale-chroot" "web" {
  boot_check = "off"
  omi_name   = "resumed"
  mount_path = "${folder}/mnt/{{.Device}}"
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
  polling {
    min = "5ms"
    max = "50ms"
  }
  ${options}
}
build {
  sources = ["source.outscale-chroot.web"]
  ${before}
  provisioner "shell" {
    inline = ["echo ${first} >> /root/log"]
  }
  provisioner "shell" {
    script = "${folder}/two.sh"
  }
  provisioner "shell" {
    inline = ["echo \${var.word} >> /root/log", "echo \${var.token} > /root/token"]
  }
}
`;

describe("resume()", () => {
  let bakery: Bakery;
  let template: string;
  let base: Omit<BakeInput, "template">;
  beforeAll(async () => {
    bakery = await openBakery("resume-test");
    template = join(bakery.folder, "web.pkr.hcl");
    base = { env: { PATH: process.env.PATH, ...bakery.env }, clock: hastyClock() };
  });
  afterAll(() => bakery.close());
  beforeEach(() => {
    writeTemplate();
    breakScript();
  });
  afterEach(async () => {
    await removeProducts();
    await bakery.cleanUp();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  const writeTemplate = (parts: Parameters<typeof templateOf>[1] = {}) =>
    writeFileSync(template, templateOf(bakery.folder, parts));
  const breakScript = () => writeFileSync(join(bakery.folder, "two.sh"), "#!/bin/sh\necho half >> /root/log\nexit 3\n");
  const mendScript = () => writeFileSync(join(bakery.folder, "two.sh"), "#!/bin/sh\necho two >> /root/log\n");

  async function removeProducts(): Promise<void> {
    for (const image of (await bakery.leftovers()).images)
      await bakery.api.deleteImage({ ImageId: image.split(" ")[0] ?? "" });
    for (const SnapshotId of (await bakery.leftovers()).snapshots) await bakery.api.deleteSnapshot({ SnapshotId });
  }

  /** Bakes, with lines of what was told. */
  async function told<Input extends { readonly onEvent?: BakeInput["onEvent"] }>(
    run: (input: Input) => ReturnType<typeof bake>,
    input: Input,
  ) {
    const lines: string[] = [];
    const result = await run({
      ...input,
      onEvent: (event) => {
        if (event.type === "line") lines.push(event.text);
        input.onEvent?.(event);
      },
    });
    return { ...result, lines, build: result.builds[0] };
  }

  const bakeIt = (more: Partial<BakeInput> = {}) => told(bake, { ...base, template, onError: "abort", ...more });
  const resumeIt = (run: string, more: Partial<ResumeInput> = {}) => told(resume, { ...base, run, ...more });
  const runIdOf = ({ build }: Awaited<ReturnType<typeof bakeIt>>) => build?.runId ?? "";
  const imageOf = async ({ build }: Awaited<ReturnType<typeof bakeIt>>) => {
    const disk = await bakery.export(build?.artifact?.product.imageId ?? "");
    const read = (path: string) => readDiskFile(disk, path).catch(() => undefined);
    const [log, token, policy] = [
      await read("/root/log"),
      await read("/root/token"),
      await read("/usr/sbin/policy-rc.d"),
    ];
    rmSync(disk);
    return { log, token, policy };
  };

  it("goes on at the provisioner that failed, with what it is now, to the OMI", async () => {
    const failed = await bakeIt({ variables: { word: "third" } });
    expect(failed.outcome).toBe("failed");
    expect(failed.lines.join("\n")).toContain(`To continue:    outscale-chroot resume ${runIdOf(failed)}`);
    mendScript();
    const resumed = await resumeIt(runIdOf(failed).slice(0, 6));
    expect([resumed.outcome, runIdOf(resumed)]).toEqual(["done", runIdOf(failed)]);
    expect(await imageOf(resumed)).toMatchObject({ log: "one\nhalf\ntwo\nthird\n", policy: undefined });
    const { images, snapshots, ...rest } = await bakery.leftovers();
    const { images: _images, snapshots: _snapshots, ...noRest } = nothing;
    expect([images.length, snapshots.length, rest]).toEqual([1, 1, noRest]);
    const [summary] = (await listRuns(bakery.stateFolder)).runs;
    expect(summary).toMatchObject({ runId: runIdOf(failed), state: "done", isUnclean: false });
    expect(resumed.build?.record?.earlier).toMatchObject([{ outcome: "failed", step: "StepChrootProvision" }]);
    await expect(resumeIt(runIdOf(failed))).rejects.toThrow(`has succeeded: it made ${summary?.imageId}`);
  });

  it("fails again, and goes on again; a shell may look in between", async () => {
    const failed = await bakeIt();
    const again = await resumeIt(runIdOf(failed));
    expect([again.outcome, (await bakery.leftovers()).volumes.length]).toEqual(["failed", 1]);
    mendScript();
    const done = await resumeIt(runIdOf(failed));
    expect((await imageOf(done)).log).toBe("one\nhalf\nhalf\ntwo\nthree\n");
    expect(done.build?.record?.earlier).toHaveLength(2);
  });

  it("finds the image as it was left, whatever a shell had mounted in between", async () => {
    const bind = '["bind", "/dev", "/dev"], ["devpts", "devpts", "/dev/pts"]';
    writeTemplate({ options: `chroot_mounts = [["proc", "proc", "/proc"], ${bind}]` });
    writeFileSync(join(bakery.folder, "two.sh"), "#!/bin/sh\n[ ! -e /sys ] || rmdir /sys\nexit 3\n");
    const failed = await bakeIt();
    const shell = { stateFolder: bakery.stateFolder, isOnTerminal: false, ui: new RecordingUi() };
    const entered = await enterRun({ ...shell, runId: runIdOf(failed), command: ["test", "-d", "/sys/kernel"] });
    expect(entered).toMatchObject({ code: 0 });
    writeFileSync(join(bakery.folder, "two.sh"), "#!/bin/sh\n[ -e /sys ] || echo as it was >> /root/log\n");
    expect((await imageOf(await resumeIt(runIdOf(failed)))).log).toBe("one\nas it was\nthree\n");
  });

  it("tells what has changed of what has run, and does not run it", async () => {
    const failed = await bakeIt();
    mendScript();
    writeTemplate({ first: "ONE" });
    const done = await resumeIt(runIdOf(failed));
    expect(done.lines.filter((line) => line.includes("has changed since it ran"))).toHaveLength(1);
    expect((await imageOf(done)).log).toBe("one\nhalf\ntwo\nthree\n");
  });

  it("asks for sensitive values again, and has none of them on disk", async () => {
    const failed = await bakeIt({ variables: { token: "SK-RESUME-TOKEN" } });
    const journal = readFileSync(join(bakery.stateFolder, "runs", `${runIdOf(failed)}.jsonl`), "utf8");
    expect(journal).not.toContain("SK-RESUME-TOKEN");
    mendScript();
    await expect(resumeIt(runIdOf(failed))).rejects.toThrow("values that its journal does not have: -var token=...");
    const done = await resumeIt(runIdOf(failed), { variables: { token: "SK-RESUME-TOKEN" } });
    expect((await imageOf(done)).token).toBe("SK-RESUME-TOKEN\n");
  });

  it("refuses a template that asks for another volume, and leaves the run as it is", async () => {
    const failed = await bakeIt();
    mendScript();
    writeTemplate({ options: "root_volume_size = 3" });
    const refused = await resumeIt(runIdOf(failed));
    expect(String(refused.build?.error)).toContain("root_volume_size: was 1 when the volume was made, and is 3 now");
    expect((await bakery.leftovers()).volumes).toHaveLength(1);
    writeTemplate();
    expect((await resumeIt(runIdOf(failed))).outcome).toBe("done");
  });

  it("refuses another account, another folder, a run that is cleaned up, and one without a template", async () => {
    const failed = await bakeIt();
    const run = runIdOf(failed);
    const { accessKey, secretKey } = bakery.cloud.account("other");
    const env = { ...base.env, OSC_ACCESS_KEY: accessKey, OSC_SECRET_KEY: secretKey };
    expect(String((await resumeIt(run, { env })).build?.error)).toContain(`The run ${run} is of the account`);
    const home = process.cwd();
    process.chdir(bakery.folder);
    await expect(resumeIt(run))
      .rejects.toThrow(`The run was begun in "${home}"`)
      .finally(() => process.chdir(home));
    await bakery.cleanUp();
    await expect(resumeIt(run)).rejects.toThrow(`The run ${run} cannot be resumed: it was cleaned up`);
    await expect(resumeIt("none")).rejects.toThrow('There is no run "none" to go on with');
    const hook = { provision: async () => Promise.reject(new Error("no")) };
    const { source_omi_filter } = (await import("../support/bake/bake.ts")).publicSource;
    const config = {
      source_omi_filter: source_omi_filter ?? null,
      omi_name: "own",
      packer_on_error: "abort",
      boot_check: "off",
    };
    await bakery.bake(config, { hook }).catch(() => undefined);
    const [journal = ""] = (await bakery.leftovers()).journals;
    await expect(resumeIt(journal.replace(".jsonl", ""))).rejects.toThrow("Packer, or another program, provisioned it");
  });

  it("has one winner of two, and leaves a live run alone", async () => {
    const failed = await bakeIt();
    mendScript();
    let during: Promise<unknown> | undefined;
    const onEvent: BakeInput["onEvent"] = (event) => {
      if (event.type === "step-started" && event.step === "StepLinkVolume")
        during ??= outcomeOf(resumeIt(runIdOf(failed)));
    };
    const outcomes = await Promise.all([1, 2].map(() => outcomeOf(resumeIt(runIdOf(failed), { onEvent }))));
    const refusal = `The run ${runIdOf(failed)} is alive: another process works on it`;
    expect(outcomes.toSorted()).toEqual([refusal, "done"]);
    expect(await during).toBe(refusal);
  });

  it("keeps the volume when it is stopped, and deletes it when that was asked for", async () => {
    const failed = await bakeIt();
    mendScript();
    const controller = new AbortController();
    const onEvent: BakeInput["onEvent"] = (event) => event.type === "provisioner-started" && controller.abort();
    const stopped = await resumeIt(runIdOf(failed), { signal: controller.signal, onEvent });
    expect([stopped.outcome, (await bakery.leftovers()).volumes.length]).toEqual(["cancelled", 1]);
    breakScript();
    const last = await resumeIt(runIdOf(failed), { onError: "cleanup" });
    expect([last.outcome, await bakery.leftovers()]).toEqual(["failed", nothing]);
  });

  // The first image is the copy of the source.
  it.each([
    ["CreateSnapshot", 0],
    ["CreateImage", 1],
  ])("publishes what failed in %s, without provisioning it again", async (action, skip) => {
    mendScript();
    bakery.cloud.faults.add({ kind: "too-many-snapshots", action, skip, times: 100 });
    const failed = await bakeIt();
    bakery.cloud.faults.clear();
    expect(String(failed.build?.error)).toContain(action);
    const done = await resumeIt(runIdOf(failed));
    expect(done.lines).toContain("Every provisioner has run already");
    expect((await imageOf(done)).log).toBe("one\ntwo\nthree\n");
  });

  it("runs commands again that had mounted something, and no others", async () => {
    const options = `
      pre_mount_commands  = ["echo pre >> ${bakery.folder}/commands"]
      post_mount_commands = ["echo post >> ${bakery.folder}/commands", "mkdir -p {{.MountPath}}/opt/tmp", "mount -t tmpfs tmpfs {{.MountPath}}/opt/tmp && echo mount >> ${bakery.folder}/commands"]
    `;
    writeTemplate({ options });
    const failed = await bakeIt();
    mendScript();
    expect((await resumeIt(runIdOf(failed))).outcome).toBe("done");
    expect(readFileSync(join(bakery.folder, "commands"), "utf8")).toBe("pre\npost\nmount\nmount\n");
  });

  describe("of what was killed", () => {
    const count = new SweepCount("kills before and in a resumed run");
    let bundle: string;
    beforeAll(async () => {
      bundle = await bundleCrashingBake(bakery.folder);
    });
    afterAll(() => count.print());

    const points = async (options: { readonly run?: string } = {}) => {
      const lived = await runKilledBake(bakery, bundle, { template, point: 0, ...options });
      if (lived === "killed" || lived.code !== 0) throw new Error(`It should live: ${JSON.stringify(lived)}`);
      return Array.from({ length: lived.points }, (_, index) => index + 1);
    };
    const runsLeft = async () => (await bakery.leftovers()).journals.map((name) => name.replace(".jsonl", ""));
    /** The product alone is left, and every provisioner has left its name in it. */
    const assertProduct = async (done: Awaited<ReturnType<typeof resumeIt>>) => {
      if (done.outcome !== "done") throw done.build?.error;
      const { images, snapshots, ...rest } = await bakery.leftovers();
      expect([
        images.length,
        snapshots.length,
        rest.volumes,
        rest.mounts,
        rest.journals,
        rest.links,
        rest.violations,
      ]).toEqual([1, 1, [], [], [], [], []]);
      const { log, policy } = await imageOf(done);
      // One that had run to its end when its run died, and was not written down, runs twice.
      expect([log, policy]).toEqual([
        expect.stringMatching(/^(half\n)?(one\n)+(half\n)*(two\n)+(three\n)+$/),
        undefined,
      ]);
    };

    it.each(["private", "host"])("finishes a build wherever it was killed, with isolation = %s", async (isolation) => {
      writeTemplate({ options: `isolation = "${isolation}"` });
      mendScript();
      for (const point of sample(await points(), SAMPLE)) {
        await removeProducts();
        await count.try(`build ${isolation} ${point}`, async () => {
          if ((await runKilledBake(bakery, bundle, { template, point })) !== "killed") return;
          const [run] = await runsLeft();
          if (run === undefined) return; // it had ended, or not begun
          await resumeIt(run).then(assertProduct, (error: unknown) => {
            expect(String(error)).toMatch(/has no volume to continue with|has published its OMI/);
          });
        });
        await bakery.cleanUp();
        await removeProducts();
        expect(await bakery.leftovers()).toEqual(nothing);
      }
      expect(count.broke).toEqual([]);
    });

    it("leaves nothing in the image of what it had lent it when it was killed", async () => {
      const started = join(bakery.folder, "started");
      const options = `
        post_mount_commands = [
          "rm -f {{.MountPath}}/etc/resolv.conf",
          "echo own > {{.MountPath}}/etc/resolv.conf && chattr +i {{.MountPath}}/etc/resolv.conf",
        ]
        copy_files    = ["/etc/resolv.conf", "${template}"]
        chroot_mounts = [["proc", "proc", "/proc"], ["tmpfs", "scratch", "/srv/made/for/scratch"]]
      `;
      // It sleeps in the sandbox, which ends with the build.
      const inline = `["[ -e ${started} ] || { touch ${started}; exec sleep 3600; }"]`;
      writeTemplate({ options, before: `provisioner "shell-local" {\n    inline = ${inline}\n  }` });
      mendScript();
      const killOnce = until(() => existsSync(started));
      expect(await runKilledBake(bakery, bundle, { template, point: 0, killOnce })).toBe("killed");
      const done = await resumeIt((await runsLeft())[0] ?? "");
      await assertProduct(done);
      const disk = await bakery.export(done.build?.artifact?.product.imageId ?? "");
      expect((await readDiskFolder(disk, "/")).filter((name) => name.startsWith("."))).toEqual([]);
      expect(await readDiskFolder(disk, "/srv").catch(() => [])).toEqual([]);
      await expect(readDiskFolder(disk, bakery.folder)).rejects.toThrow("There is no");
      expect(await readDiskFile(disk, "/etc/resolv.conf")).toBe("own\n");
      expect(await isImmutableOnDisk(disk, "/etc/resolv.conf")).toBe(true);
      rmSync(disk);
    });

    it("finishes or cleans up a run wherever its resumption was killed", async () => {
      const fail = async () => {
        breakScript();
        const run = runIdOf(await bakeIt());
        mendScript();
        return run;
      };
      for (const point of sample(await points({ run: await fail() }), SAMPLE)) {
        await removeProducts();
        await count.try(`resumption ${point}`, async () => {
          const run = await fail();
          if ((await runKilledBake(bakery, bundle, { template, point, run })) !== "killed") return;
          const [left] = await runsLeft();
          if (left === undefined) return;
          if (point % 3 === 0) return; // cleanup, below
          await resumeIt(left).then(assertProduct, (error: unknown) => {
            expect(String(error)).toContain("has published its OMI");
          });
        });
        await bakery.cleanUp();
        await removeProducts();
        expect(await bakery.leftovers()).toEqual(nothing);
      }
      expect(count.broke).toEqual([]);
    });
  });
});

async function outcomeOf(running: Promise<{ readonly outcome: string }>): Promise<string> {
  return running.then(
    ({ outcome }) => outcome,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
