import { expect, it } from "vitest";
import { type GuestScript, scriptedGuests } from "../../tests/support/boot/scripted-guests.ts";
import { FakeClock } from "../../tests/support/outscale/fake-clock.ts";
import type { Acceleration } from "./acceleration.ts";
import type { BootCheckError } from "./boot-check-error.ts";
import { type BootTestResult, bootTest } from "./boot-test.ts";

interface Run {
  readonly result: BootTestResult | undefined;
  readonly error: BootCheckError | undefined;
  /** The guests that booted the volume, in their order. */
  readonly started: readonly Acceleration[];
  readonly notices: readonly string[];
}

/** Boots a scripted guest. Where `kvm` is given, KVM has won the comparison. */
async function boot(scripts: { readonly kvm?: GuestScript; readonly tcg: GuestScript }): Promise<Run> {
  const clock = new FakeClock();
  const { kvm } = scripts;
  const probe = { kvm: { says: [[10, "probe"]] }, tcg: {} } satisfies Record<Acceleration, GuestScript>;
  const isProbe = (argv: readonly string[]) => !argv.includes("virtio-scsi-pci");
  const guests = scriptedGuests(clock, (acceleration, argv) => {
    if (isProbe(argv)) return probe[acceleration];
    return (acceleration === "kvm" ? kvm : scripts.tcg) ?? {};
  });
  const started: Acceleration[] = [];
  const notices: string[] = [];
  const work = bootTest({
    ...{ device: "/dev/null", memoryMib: 64, cpus: 1, firmware: "legacy", pattern: /^login:/m, timeoutMs: 60_000 },
    ...{ acceleration: kvm ? "auto" : "tcg", kvmDevice: "/dev/null", runner: guests.runner, clock },
    onStart: (acceleration) => started.push(acceleration),
    onNotice: (message) => notices.push(message),
  });
  const settled = await clock.run(
    work.then(
      (result) => ({ result, error: undefined }),
      (error: BootCheckError) => ({ result: undefined, error }),
    ),
  );
  expect(guests.running()).toBe(0);
  return { ...settled, started, notices };
}

/** A console with a line every second from `from` to `to`. */
const lines = (from: number, to: number): [number, string][] =>
  Array.from({ length: to - from + 1 }, (_, index) => [(from + index) * 1_000, `line ${from + index}\r\n`]);

it("bootTest() is content with KVM alone while it gets on", async () => {
  const { result, started, notices } = await boot({ kvm: { says: [...lines(1, 20), [21_000, "login: "]] }, tcg: {} });
  expect(result).toMatchObject({ acceleration: "kvm", elapsedMs: 21_000 });
  expect([started, notices]).toEqual([["kvm"], []]);
});

it.each([
  ["says nothing", []],
  ["hangs after its boot loader", [[500, "Loading Linux ...\r\n"] as [number, string]]],
])("bootTest() takes TCG when a guest under KVM %s and one under TCG gets further, and says so", async (_, says) => {
  const tcg = { says: [...lines(1, 30), [31_000, "login: "] as [number, string]] };
  const { result, started, notices } = await boot({ kvm: { says }, tcg });
  expect(result).toMatchObject({ acceleration: "tcg", elapsedMs: 31_000 });
  expect(started).toEqual(["kvm", "tcg"]);
  expect(notices).toEqual([
    expect.stringMatching(/^The guest under KVM had shown nothing new for 10 s, .*: TCG is used$/),
  ]);
});

it("bootTest() gives the guest under TCG the whole time, from its own start", async () => {
  const { result } = await boot({ kvm: {}, tcg: { says: [...lines(1, 55), [56_000, "login: "]] } });
  expect(result).toMatchObject({ acceleration: "tcg", elapsedMs: 56_000 });
});

it("bootTest() stays with KVM through a silence that TCG has no words for either", async () => {
  const quiet: GuestScript = {
    says: [
      [500, "Loading Linux ...\r\n"],
      [40_000, "login: "],
    ],
  };
  const { result, started, notices } = await boot({ kvm: quiet, tcg: { says: [[2_000, "Loading Linux ...\r\n"]] } });
  expect(result).toMatchObject({ acceleration: "kvm", elapsedMs: 40_000 });
  expect([started, notices]).toEqual([["kvm", "tcg"], []]);
});

it("bootTest() does not blame the image for a second QEMU that does not start", async () => {
  const noMemory: GuestScript = { ends: { afterMs: 5, code: 1, stderr: "cannot allocate memory" } };
  const { result } = await boot({ kvm: { says: [[30_000, "login: "]] }, tcg: noMemory });
  expect(result).toMatchObject({ acceleration: "kvm", elapsedMs: 30_000 });
});

it("bootTest() takes TCG when QEMU itself fails under KVM, and says so", async () => {
  const fails: GuestScript = { ends: { afterMs: 100, code: 1, stderr: "failed to set MSR 0x10a" } };
  const { result, started, notices } = await boot({ kvm: fails, tcg: { says: [[20_000, "login: "]] } });
  expect(result).toMatchObject({ acceleration: "tcg", elapsedMs: 20_000 });
  expect(started).toEqual(["kvm", "tcg"]);
  expect(notices).toEqual(["QEMU ended with exit code 1 under KVM: TCG is used"]);
});

it("bootTest() waits for the guest under TCG when QEMU fails under KVM beside it", async () => {
  const late: GuestScript = { says: [[100, "one\r\ntwo\r\n"]], ends: { afterMs: 15_000, code: 1 } };
  const dots = Array.from({ length: 49 }, (_, index): [number, string] => [(index + 1) * 1_000, "."]);
  const { result } = await boot({ kvm: late, tcg: { says: [...dots, [50_000, "\r\nlogin: "]] } });
  expect(result).toMatchObject({ acceleration: "tcg", elapsedMs: 50_000 });
});

it("bootTest() ends when QEMU fails under both", async () => {
  const fails = (afterMs: number): GuestScript => ({ ends: { afterMs, code: 1, stderr: "no such disk" } });
  for (const kvm of [fails(100), fails(15_000)]) {
    const { error } = await boot({ kvm, tcg: fails(100) });
    expect(error?.message).toMatch(/^The image does not boot: QEMU ended with exit code 1 after .*: no such disk$/);
  }
});

it("bootTest() reports a panic under KVM, and asks no other guest", async () => {
  const panic = "Kernel panic - not syncing: No working init found.";
  const { error, started } = await boot({ kvm: { says: [[3_000, `Run /init\r\n${panic}\r\n`]] }, tcg: {} });
  expect(error?.message).toBe(`The image does not boot: ${panic} (after 3 s under KVM)\n  | Run /init\n  | ${panic}`);
  expect(started).toEqual(["kvm"]);
});

const MISSED = "/^login:/m was not on the console after 60 s under TCG";
it.each([
  {
    what: "an empty console",
    says: [],
    message: `The image does not boot: ${MISSED}, and nothing else was`,
    hint: /console=ttyS0/,
  },
  {
    what: "no progress",
    says: lines(1, 5),
    message: `The image does not boot: ${MISSED}, and there was no progress: nothing new for 55 s\n  | line 1\n`,
    hint: /boot_test\.pattern/,
  },
  {
    what: "a guest that is only slow",
    says: [
      [9_000, "one\r\n"],
      [30_000, "two\r\n"],
      [52_000, "three\r\n"],
    ] as [number, string][],
    message: `The image has not booted in time: ${MISSED}, but it was still making progress 8 s before\n  | one\n`,
    hint: /boot_test\.timeout/,
  },
])("bootTest() tells $what apart at the deadline", async ({ says, message, hint }) => {
  const { error } = await boot({ tcg: { says } });
  expect(error?.message).toContain(message);
  expect(error?.hint).toMatch(hint);
});

it("bootTest() says how QEMU has ended, when, and with which words", async () => {
  const failed = await boot({ tcg: { ends: { afterMs: 300, code: 1, stderr: "gone.raw: No such file\n" } } });
  expect(failed.error?.message).toBe(
    "The image does not boot: QEMU ended with exit code 1 after 0.3 s under TCG: gone.raw: No such file",
  );
  const rebooted = await boot({ tcg: { says: [[1_000, "going down\r\n"]], ends: { afterMs: 2_000, code: 0 } } });
  expect(rebooted.error?.message).toMatch(/QEMU ended as the guest powered off or rebooted after 2 s under TCG\n/);
});
