import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { BuildEvent } from "../../../src/builder/events.ts";
import type { Hook } from "../../../src/builder/hook.ts";
import type { InspectedImage } from "../../../src/builder/image-inspector.ts";
import type { Clock } from "../../../src/common/clock.ts";
import type { RawConfig } from "../../../src/definition/raw-value.ts";
import { acquireDeviceLock, deviceLockOf } from "../../../src/host/device-lock.ts";
import type { TransitionName } from "../../../src/local-cloud/states/transitions.ts";
import { type BakeOptions, publicSource } from "../bake/bake.ts";
import { hastyClock } from "../bake/hasty-clock.ts";
import type { OptionProof, ProofBench } from "./proof-bench.ts";

/** Time passes quickly, and the weather is fine again as soon as a step has failed: the build can clean up. */
const untilFailure = (bench: ProofBench): BakeOptions => ({
  clock: hastyClock(),
  onEvent: (event) => {
    if (event.type === "step-ended" && event.outcome === "failed") bench.bakery.cloud.faults.clear();
  },
});

/** A build whose wait for something comes to no end but by its timeout. */
const waits = (option: string, transition: TransitionName, more: RawConfig = {}): OptionProof => ({
  options: [`timeouts.${option}`],
  shows: "the wait ends then",
  prove: async (bench) => {
    bench.bakery.cloud.faults.add({ kind: "stuck", transition });
    const options = { ...more, polling: { max: "10s" }, timeouts: { [option]: "77s" } };
    const { error } = await bench.bakeInVain(options, untilFailure(bench));
    expect(error.message).toMatch(/1m17s|77 s/);
  },
});

/** How the engine waits and what it checks. */
export const engineProofs: readonly OptionProof[] = [
  {
    options: ["timeouts", "timeouts.lock"],
    shows: "the wait for the device lock ends then",
    prove: async (bench) => {
      const held = await acquireDeviceLock({ path: deviceLockOf(bench.bakery.cloud.deviceFolder), timeoutMs: 60_000 });
      try {
        const options = { timeouts: { lock: "77s" } };
        const { error } = await bench.bakeInVain(options, { clock: hastyClock() });
        expect(error).toMatchObject({ step: "StepFlock", message: expect.stringMatching(/was not free in 77 s/) });
      } finally {
        await held.release();
      }
    },
  },
  waits("volume", "volume.creating"),
  waits("link", "link.attaching"),
  waits("snapshot", "snapshot.pending"),
  {
    options: ["timeouts.image"],
    shows: "the wait ends then",
    prove: async (bench) => {
      const options = untilFailure(bench);
      const onEvent = (event: BuildEvent) => {
        const isMade = event.type === "resource" && event.kind === "image" && event.change === "acquired";
        if (isMade) bench.bakery.cloud.faults.add({ kind: "internal-error", action: "ReadImages", times: 100_000 });
        options.onEvent?.(event);
      };
      const { error } = await bench.bakeInVain({ timeouts: { image: "77s" } }, { ...options, onEvent });
      expect(error).toMatchObject({ step: "StepCreateOMI", message: expect.stringMatching(/1m17s|77 s/) });
    },
  },
  waits("copy", "image.pending", publicSource),
  {
    options: ["polling", "polling.min", "polling.max"],
    shows: "the pauses between two looks are that long",
    prove: async (bench) => {
      const pauses = async (polling: RawConfig) => {
        const slept: number[] = [];
        const { now, sleep } = hastyClock();
        const noted: Clock["sleep"] = (ms, signal) => {
          slept.push(ms);
          return sleep(ms, signal);
        };
        bench.bakery.cloud.faults.add({ kind: "stuck", transition: "volume.creating" });
        const options = { ...untilFailure(bench), clock: { now, sleep: noted } };
        await bench.bakeInVain({ polling, timeouts: { volume: "10m" } }, options);
        return slept.filter((ms) => ms > 100);
      };
      const slow = await pauses({ min: "20s", max: "30s" });
      const quick = await pauses({ min: "1s", max: "2s" });
      // Both are jittered.
      expect(Math.max(...quick)).toBeLessThan(4_000);
      expect(Math.max(...slow)).toBeGreaterThan(10_000);
      expect(quick.length).toBeGreaterThan(5 * slow.length);
    },
  },
  {
    options: ["boot_check"],
    shows: "an image without a kernel is an error, a warning, or not looked at",
    prove: async (bench) => {
      const { error } = await bench.bakeInVain({ boot_check: "strict" });
      expect(error).toMatchObject({ step: "StepBootCheck", message: expect.stringMatching(/may not boot/) });
      const warned = async (boot_check: string) =>
        (await bench.bake({ boot_check, skip_create_omi: true })).ui
          .of("warn")
          .filter((line) => /^Boot check/.test(line));
      expect((await warned("warn")).length).toBeGreaterThan(0);
      expect(await warned("off")).toEqual([]);
    },
  },
  {
    options: ["image_check", "image_check.level", "image_check.allow"],
    shows: "a key that a provisioner leaves is an error, a warning, allowed, or not looked for",
    prove: async (bench) => {
      const leaveKey: BakeOptions = {
        hook: {
          provision: ({ rootPath }) => writeFile(join(rootPath, "etc/left.pem"), "-----BEGIN PRIVATE KEY-----\n"),
        },
      };
      const strict = { level: "strict" };
      const { error } = await bench.bakeInVain({ image_check: strict }, leaveKey);
      expect(error).toMatchObject({
        step: "StepImageCheck",
        findings: expect.arrayContaining([{ rule: "private-key", path: "/etc/left.pem" }]),
      });
      const warned = async (image_check: RawConfig) =>
        (await bench.bake({ image_check, skip_create_omi: true }, leaveKey)).ui
          .of("warn")
          .filter((line) => line.startsWith("Image check: private-key"));
      expect(await warned({})).toHaveLength(1);
      expect(await warned({ level: "off" })).toEqual([]);
      expect(await warned({ allow: ["private-key:/etc/*.pem"] })).toEqual([]);
    },
  },
  {
    options: ["generalise"],
    shows: "the machine id is emptied",
    prove: async (bench) => {
      const seen: string[] = [];
      const hook: Hook = {
        provision: ({ rootPath }) => writeFile(join(rootPath, "etc/machine-id"), `${"0".repeat(32)}\n`),
      };
      const inspector = {
        mounted: async () => undefined,
        provisioned: async ({ root }: InspectedImage) => {
          seen.push(await readFile(join(root, "etc/machine-id"), "utf8"));
        },
      };
      await bench.bake({ generalise: true, skip_create_omi: true }, { hook, inspector });
      await bench.bake({ skip_create_omi: true }, { hook, inspector });
      expect(seen).toEqual(["", `${"0".repeat(32)}\n`]);
    },
  },
  {
    options: ["boot_test", "boot_test.memory", "boot_test.cpus", "boot_test.firmware"],
    shows: "QEMU is started with them",
    prove: async (bench) => {
      const boot = async (boot_test: RawConfig) => (await bakeUnderFakeQemu(bench, boot_test)).argv;
      expect(await boot({})).toMatch(/ -m 1024 -smp 1 /);
      expect(await boot({ memory: 96, cpus: 2, firmware: "uefi" })).toMatch(/ -m 96 -smp 2 .*OVMF/);
    },
  },
  {
    options: ["boot_test.pattern", "boot_test.timeout"],
    shows: "the console is searched for that line, for so long",
    prove: async (bench) => {
      const { error } = await bakeUnderFakeQemu(bench, { pattern: "^login:", timeout: "2s" });
      expect(error).toMatchObject({ step: "StepBootTest", message: expect.stringMatching(/login:.* after 2 s/) });
      expect((await bakeUnderFakeQemu(bench, { pattern: "^ready" })).error).toBeUndefined();
    },
  },
  {
    options: ["boot_test.run"],
    shows:
      "it is refused for an image without systemd; tests/integration/boot-from-scratch.test.ts runs commands in one with it",
    prove: async (bench) => {
      const { error } = await bakeUnderFakeQemu(bench, { pattern: "^ready", run: ["true"] });
      expect(error).toMatchObject({ message: expect.stringMatching(/no systemd that could run the commands/) });
    },
  },
];

/** A build with a boot test, on a machine whose QEMU writes its arguments down and prints two lines. */
async function bakeUnderFakeQemu(
  bench: ProofBench,
  boot_test: RawConfig,
): Promise<{ readonly argv: string; readonly error: unknown }> {
  const folder = join(bench.bakery.folder, "bin");
  const script = `#!/bin/sh\necho "$@" > ${folder}/argv\necho probe\necho login on ttyS0\necho ready to serve login:\nexec sleep 60\n`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "qemu-system-x86_64"), script, { mode: 0o755 });
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path}`;
  try {
    const error = await bench.bakery.bake(bench.config({ boot_test, skip_create_omi: true })).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { argv: await readFile(join(folder, "argv"), "utf8"), error };
  } finally {
    process.env.PATH = path;
  }
}
