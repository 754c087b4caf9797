import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runHeader } from "../../../tests/support/builder/run-context.ts";
import { foundProduct } from "../region-copy/missing-copies.ts";
import { JournalError } from "./journal-error.ts";
import { readJournal } from "./read-journal.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "read-journal-"));
  path = join(folder, `${runHeader.runId}.jsonl`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const header = JSON.stringify({ type: "run", format: 1, ...runHeader });
const intent = '{"type":"intent","seq":1,"kind":"volume","intent":{"clientToken":"t","vmId":"i-1"}}';
const result = '{"type":"result","seq":1,"id":"vol-1"}';
const read = (text: string) => {
  writeFileSync(path, text);
  return readJournal(path);
};

describe("readJournal()", () => {
  it("passes over a last line that a crash has cut short, wherever it was cut", () => {
    for (let length = 0; length <= result.length; length++) {
      const record = read(`${header}\n${intent}\n${result.slice(0, length)}`);
      expect(record.resources).toMatchObject([{ kind: "volume", id: undefined }]);
      expect(record.length).toBe(header.length + intent.length + 2);
    }
    expect(read(`${header}\n${intent}\n${result}\n`).resources).toMatchObject([{ kind: "volume", id: "vol-1" }]);
  });

  it("gives the root, and how the template has it mounted", () => {
    const root = '{"type":"root","partition":2,"mountOptions":["noatime","subvol=@"]}';
    expect(read(`${header}\n${root}\n`).root).toEqual({ partition: 2, mountOptions: ["noatime", "subvol=@"] });
    expect(read(`${header}\n`).root).toBeUndefined();
  });

  it("gives what a run needs to be gone on with", () => {
    const done = (number: number, name: string) =>
      `{"type":"done","part":"provisioner","number":${number},"count":3,"name":"${name}","digest":"00"}`;
    const loan = '{"path":"/etc/resolv.conf","aside":null,"sha256":"00","sizeBytes":1}';
    const lines = [
      ...[header, '{"type":"origin","origin":{"template":"a"}}', '{"type":"base","base":{"source_omi":"ami-1"}}'],
      ...[done(1, "one"), done(2, "two"), '{"type":"end","outcome":"failed"}', done(3, "three")],
      ...[`{"type":"lent","loan":${loan}}`, '{"type":"origin","origin":{"template":"b"}}'],
    ];
    const record = read(`${lines.join("\n")}\n`);
    expect(record).toMatchObject({ origin: { template: "b" }, base: { source_omi: "ami-1" }, product: undefined });
    expect([record.done.map(({ name }) => name), record.loans]).toEqual([["one", "two", "three"], [JSON.parse(loan)]]);
    const startedOver = read(
      `${[...lines, done(1, "ONE"), '{"type":"returned","path":"/etc/resolv.conf"}'].join("\n")}\n`,
    );
    expect([startedOver.done.map(({ name }) => name), startedOver.loans]).toEqual([["ONE"], []]);
  });

  it("gives the last word on what is lent: a file that had been immutable, folders for a mount", () => {
    const file = '{"path":"/srv/hosts","aside":null,"sha256":"00","sizeBytes":1,"madeFolders":["/srv"]}';
    const again =
      '{"path":"/srv/hosts","aside":".outscale-chroot-0a","sha256":"00","sizeBytes":1,"immutableInode":"12"}';
    const folders = '{"path":"/mnt/a","madeFolders":["/mnt","/mnt/a"]}';
    const lines = [header, ...[file, folders, again].map((loan) => `{"type":"lent","loan":${loan}}`)];
    expect(read(`${lines.join("\n")}\n`).loans).toEqual([JSON.parse(again), JSON.parse(folders)]);
  });

  it("knows when the OMI is a product", () => {
    const image = '{"type":"intent","seq":2,"kind":"image","intent":{"name":"web","rootSnapshotId":"snap-1"}}';
    const kept = (seqs: string) => `{"type":"kept","seqs":[${seqs}]}`;
    const made = [header, intent, image, '{"type":"result","seq":2,"id":"ami-1"}'];
    const product = { imageId: "ami-1", name: "web", snapshotIds: [] };
    expect(read(`${[...made, kept("1,2")].join("\n")}\n`).product).toEqual(product);
    expect(read(`${[...made, kept("1")].join("\n")}\n`).product).toBeUndefined();
  });

  it("knows where else the OMI was to be, and where it is", () => {
    const places = ["us-east-2", "us-west-1"].map((region) => ({ region, accountId: "123456789012", profile: null }));
    const copies = {
      ...{ regions: places.map(({ region }) => region), bucket: "acme", prefix: "outscale-chroot" },
      ...{ createBucket: false, keepObjects: false, method: "image", regionProfiles: {} },
      ...{ profile: null, region: null, endpoint: null },
      ...{ omiAccountIds: [], omiIsPublic: false, snapshotAccountIds: [], snapshotIsPublic: false },
    };
    const entries = [
      { type: "copies", copies },
      { type: "intent", seq: 1, kind: "image", intent: { name: "web", rootSnapshotId: "snap-1" } },
      { type: "result", seq: 1, id: "ami-1" },
      { type: "kept", seqs: [1] },
      ...places.flatMap((place, index) => [
        {
          type: "intent",
          seq: index + 2,
          kind: "region-image",
          intent: { place, thing: { name: "web", rootSnapshotId: "snap-2" } },
        },
        { type: "result", seq: index + 2, id: `ami-${index + 2}` },
      ]),
      { type: "kept", seqs: [3] },
    ];
    const record = read(`${[header, ...entries.map((entry) => JSON.stringify(entry))].join("\n")}\n`);
    // An older journal says nothing of replacements.
    const wish = { ...copies, isForced: false, areOldSnapshotsDeleted: false };
    expect([record.copies, record.copied]).toEqual([wish, ["us-west-1"]]);
    const copy = { region: "us-west-1", accountId: "123456789012", imageId: "ami-3", snapshotIds: [] };
    expect(record.product).toEqual({ imageId: "ami-1", name: "web", snapshotIds: [], copies: [copy] });
    expect(foundProduct(record)?.missing).toEqual({
      regions: ["us-east-2"],
      command: "outscale-chroot omi copy -to us-east-2 -bucket acme ami-1",
    });
    expect(foundProduct({ ...record, product: undefined })).toBeUndefined();
  });

  it.each([
    [
      "a line that is cut short in the middle",
      `${header}\n${intent.slice(0, 30)}\n${result}\n`,
      "line 2: it is not JSON",
    ],
    ["a line of zeros", `${header}\n${"\0".repeat(40)}\n${intent}\n`, "line 2: it is not JSON"],
    ["an empty line", `${header}\n\n${intent}\n`, "line 2: it is not JSON"],
    ["null", `${header}\nnull\n`, "line 2: Invalid input"],
    ["a number", `${header}\n5\n`, "line 2: Invalid input"],
    ["a text", `${header}\n"x"\n`, "line 2: Invalid input"],
    ["a list", `${header}\n[]\n`, "line 2: Invalid input"],
    ["an unknown type", `${header}\n{"type":"swap","seq":1}\n`, "line 2: type: Invalid discriminator"],
    ["a field too many", `${header}\n{"type":"end","outcome":"done","by":"x"}\n`, "line 2: Unrecognized key"],
    ["a field too few", `${header}\n${intent}\n{"type":"kept"}\n`, "line 3: seqs: Invalid input"],
    [
      "an unknown kind",
      `${header}\n${intent.replace("volume", "bucket")}\n`,
      "line 2: a newer version made the bucket",
    ],
    [
      "an intent of another kind",
      `${header}\n${intent.replace("volume", "link")}\n`,
      "line 2: volumeId: Invalid input",
    ],
    [
      "facts of another kind",
      `${header}\n${intent}\n{"type":"facts","seq":1,"facts":{"device":"/dev/sda"}}\n`,
      "line 3: Unr",
    ],
    ["a result of nothing", `${header}\n${result}\n`, "line 2: it speaks of 1, which was not announced"],
    ["a release of nothing", `${header}\n${intent}\n{"type":"released","seq":7}\n`, "line 3: it speaks of 7"],
    ["a number twice", `${header}\n${intent}\n${intent}\n`, "line 3: it announces 1 after 1"],
    ["a second run", `${header}\n${header}\n`, "line 2: it names the run a second time"],
    [
      "a mount path that is the root",
      `${header}\n{"type":"sandbox","pid":2,"mountPath":"/"}\n`,
      "line 2: mountPath: must",
    ],
    [
      "a mount path with a detour",
      `${header}\n{"type":"sandbox","pid":2,"mountPath":"/mnt/.."}\n`,
      "line 2: mountPath: must",
    ],
    ["no run", `${intent}\n`, 'line 1: it should name the run, and is of the type "intent"'],
    ["a run of a newer version", `${header.replace('"format":1', '"format":2')}\n`, "line 1: a newer version wrote it"],
    ["a run without a format", `${header.replace('"format":1,', "")}\n`, "line 1: format: Invalid input"],
    ["a first line that is cut short", header, "its first line is cut short"],
  ])("refuses %s, and says where", (_what, text, problem) => {
    expect(() => read(text)).toThrow(JournalError);
    expect(() => read(text)).toThrow(problem);
  });
});
