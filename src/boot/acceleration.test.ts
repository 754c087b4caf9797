import { expect, it } from "vitest";
import { type GuestScript, scriptedGuests } from "../../tests/support/boot/scripted-guests.ts";
import { FakeClock } from "../../tests/support/outscale/fake-clock.ts";
import type { CommandRunner } from "../host/run-command.ts";
import { type MakeTemporaryFolder, makeTemporaryFolder } from "../host/temporary-folder.ts";
import { chooseAcceleration } from "./acceleration.ts";

/** Chooses between guests that print so long after their start; `undefined` for one that never does. */
async function choose(kvm: GuestScript, tcg: GuestScript, kvmDevice = "/dev/null") {
  const clock = new FakeClock();
  const guests = scriptedGuests(clock, (acceleration) => (acceleration === "kvm" ? kvm : tcg));
  const choice = await clock.run(chooseAcceleration(guests.runner, { timeoutMs: 60_000, clock, kvmDevice }));
  expect(guests.running()).toBe(0);
  return { ...choice, started: guests.started };
}

const prints = (afterMs: number): GuestScript => ({ says: [[afterMs, "probe"]] });
const fails: GuestScript = { ends: { afterMs: 10, code: 1 } };

// The same ratio on a fast machine and on one that is a hundred times slower: no row depends on the clock.
it.each([
  { what: "KVM is five times as fast", kvm: prints(200), tcg: prints(1_000), is: "kvm" },
  { what: "KVM is as fast on a machine that crawls", kvm: prints(8_000), tcg: prints(40_000), is: "kvm" },
  { what: "TCG never prints", kvm: prints(900), tcg: {}, is: "kvm" },
  { what: "this QEMU has no TCG", kvm: prints(900), tcg: fails, is: "kvm" },
  { what: "KVM is faster, but not clearly", kvm: prints(600), tcg: prints(1_000), is: "tcg" },
  { what: "KVM is slower", kvm: prints(3_900), tcg: prints(400), is: "tcg" },
  { what: "KVM is slower on a machine that crawls", kvm: prints(50_000), tcg: prints(20_000), is: "tcg" },
  { what: "KVM never prints", kvm: {}, tcg: prints(400), is: "tcg" },
  { what: "QEMU cannot use KVM", kvm: fails, tcg: prints(400), is: "tcg" },
  { what: "neither prints", kvm: {}, tcg: {}, is: "tcg" },
  { what: "neither starts", kvm: fails, tcg: fails, is: "tcg" },
])("chooseAcceleration(): $is when $what", async ({ kvm, tcg, is }) => {
  const { acceleration, started } = await choose(kvm, tcg);
  expect(acceleration).toBe(is);
  expect(started).toEqual(["kvm", "tcg"]);
});

it("chooseAcceleration() takes TCG without a guest where there is no KVM", async () => {
  expect(await choose(prints(1), prints(1), "/dev/null/kvm")).toMatchObject({ acceleration: "tcg", started: [] });
});

it("chooseAcceleration() reads a text that comes in pieces", async () => {
  const inPieces: GuestScript = {
    says: [
      [50, "SeaBIOS\r\npro"],
      [100, "be"],
    ],
  };
  expect((await choose(inPieces, prints(900))).acceleration).toBe("kvm");
});

it("chooseAcceleration() puts its disk, and what QEMU makes, into a folder of the build, and removes it", async () => {
  const clock = new FakeClock();
  const guests = scriptedGuests(clock, () => prints(100));
  const told: string[] = [];
  const places = new Set<string | undefined>();
  const spawn: CommandRunner["spawn"] = (argv, options) => {
    places.add(options?.env?.TMPDIR);
    return guests.runner.spawn(argv, options);
  };
  const folderOfBuild: MakeTemporaryFolder = async (prefix) => {
    const folder = await makeTemporaryFolder(prefix);
    told.push(prefix, folder.path);
    const remove = async () => {
      told.push("removed");
      await folder.remove();
    };
    return { ...folder, remove };
  };
  const options = { timeoutMs: 60_000, clock, kvmDevice: "/dev/null", makeTemporaryFolder: folderOfBuild };
  await clock.run(chooseAcceleration({ ...guests.runner, spawn }, options));
  expect(told).toEqual(["kvm-probe-", ...places, "removed"]);
});
