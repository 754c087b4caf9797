import { describe, expect, it, test } from "vitest";
import { identifyDevice, type NamedDisk, type SeenDisk } from "./identify-device.ts";

const GIB = 2 ** 30;
const disk = (name: string, facts: Partial<SeenDisk> = {}): SeenDisk => ({
  name,
  sizeBytes: 10 * GIB,
  identity: `8:0 ${name}`,
  serial: undefined,
  isNew: true,
  ...facts,
});
const byName = (target: SeenDisk): NamedDisk => ({ path: "/dev/xvdf", foundBy: "name", disk: target });
const identify = (disks: SeenDisk[], named: NamedDisk[] = [], { onlyNamed = false, mustProve = false } = {}) =>
  identifyDevice({ deviceName: "/dev/xvdf", sizeBytes: 10 * GIB, disks, named, onlyNamed, mustProve });

test.each([
  { why: "a new disk under the name", disks: [disk("sda")], at: "sda", foundBy: "name" },
  {
    why: "an older disk that carries the serial",
    disks: [disk("sda", { isNew: false, serial: "sdf" })],
    at: "sda",
    foundBy: "name",
  },
  { why: "a decoy of the same size beside it", disks: [disk("sdb"), disk("sda")], at: "sda", foundBy: "name" },
])("identifyDevice() takes $why", ({ disks, at, foundBy }) => {
  const target = disks.find(({ name }) => name === at) as SeenDisk;
  expect(identify(disks, [byName(target)])).toMatchObject({ disk: { name: at }, foundBy });
});

test.each([
  { why: "was there before", facts: { isNew: false }, note: "was there before the volume was linked" },
  { why: "carries another serial", facts: { serial: "sdg" }, note: 'carries the serial "sdg"' },
  { why: "has another size", facts: { sizeBytes: GIB }, note: `has ${GIB} bytes and not ${10 * GIB}` },
])("identifyDevice() takes no disk under the name that $why", ({ facts, note }) => {
  const target = disk("sdf", facts);
  expect(identify([target], [byName(target)])).toEqual({ notes: [`/dev/xvdf is /dev/sdf, which ${note}`] });
});

test("identifyDevice() passes a wrong name and finds the disk by its serial", () => {
  const wrong = disk("xvdf", { serial: "sdh" });
  const right = disk("sda", { serial: "sdf" });
  expect(identify([wrong, right], [byName(wrong)])).toMatchObject({ disk: right, foundBy: "serial" });
});

test("identifyDevice() refuses two disks with the serial", () => {
  const disks = [disk("sda", { serial: "sdf" }), disk("sdb", { serial: "sdf" })];
  expect(() => identify(disks)).toThrow('/dev/sda, /dev/sdb carry the serial "sdf"');
});

test("identifyDevice() takes no disk of another size, whatever its serial", () => {
  const found = identify([disk("sda", { serial: "sdf", sizeBytes: GIB }), disk("sdb")]);
  expect(found.disk).toBeUndefined();
  expect(found.notes[0]).toContain("but has");
});

test("identifyDevice() falls back on the single new disk of the right size", () => {
  const disks = [
    disk("vda", { isNew: false }),
    disk("vdb", { sizeBytes: GIB }),
    disk("vdc"),
    disk("sda", { serial: "sdg" }),
  ];
  expect(identify(disks)).toMatchObject({ disk: { name: "vdc" }, foundBy: "size" });
});

test("identifyDevice() does not guess between two new disks of the right size", () => {
  const { disk: none, ambiguity } = identify([disk("vdb"), disk("vdc")]);
  expect(none).toBeUndefined();
  expect(ambiguity?.message).toMatch(/"\/dev\/xvdf": \/dev\/vdb, \/dev\/vdc are new/);
});

test("identifyDevice() looks at nothing else when the path is given", () => {
  expect(identify([disk("vdc")], [], { onlyNamed: true })).toEqual({ notes: [] });
});

describe("identifyDevice(), where others may link disks meanwhile", () => {
  const mustProve = { mustProve: true };
  const byId = (target: SeenDisk): NamedDisk => ({ path: "/dev/disk/by-id/x_sdf", foundBy: "by-id", disk: target });

  it.each([
    { why: "is new and has the name", disks: [disk("sdf")], named: [byName(disk("sdf"))] },
    { why: "is the only new one of that size", disks: [disk("sdf")], named: [] },
  ])("takes no disk only because it $why", ({ disks, named }) => {
    expect(identify(disks, named, mustProve)).not.toHaveProperty("disk");
    expect(identify(disks, named)).toHaveProperty("disk");
  });

  it.each([
    {
      why: "its by-id link",
      disks: [disk("loop7")],
      named: [byName(disk("loop7")), byId(disk("loop7"))],
      foundBy: "by-id",
    },
    { why: "its serial", disks: [disk("sdc", { serial: "sdf" })], named: [], foundBy: "serial" },
    {
      why: "its name and its serial",
      disks: [disk("sdc", { serial: "sdf" })],
      named: [byName(disk("sdc", { serial: "sdf" }))],
      foundBy: "name",
    },
  ])("takes a disk for $why", ({ disks, named, foundBy }) => {
    expect(identify(disks, named, mustProve)).toMatchObject({ disk: disks[0], foundBy });
  });
});
