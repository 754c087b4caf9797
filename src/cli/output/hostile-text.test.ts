import { describe, expect, it } from "vitest";
import { sampleRecord } from "../../../tests/support/report/sample-record.ts";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import { ChrootError, ConfigError, TimeoutError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import type { ImageDiff } from "../../evidence/image-diff.ts";
import { copyText } from "./copy-text.ts";
import { diffText } from "./diff-text.ts";
import { errorText } from "./error-text.ts";
import { HumanReport } from "./human-report.ts";
import { MachineReport } from "./machine-report.ts";
import { plainUi } from "./plain-ui.ts";
import { recordText } from "./record-text.ts";
import { tableText } from "./table.ts";
import { timingText } from "./timing-text.ts";

/** What clears the screen, names the window, and goes back to the start of the line to write something else there. */
const EVIL = "a\u001b[2J\u001b]0;owned\u0007\u009b31m\rroot\u0008b";
const clock = { now: () => 0, sleep: async () => undefined };

const user = { name: EVIL, uid: 0, gid: 0, shell: EVIL, home: EVIL, password: "none" } as const;
const diff = {
  formatVersion: 1,
  before: { name: EVIL, os: { prettyName: EVIL } },
  after: { name: EVIL, os: { prettyName: EVIL } },
  packages: {
    added: [{ manager: "dpkg", name: EVIL, version: EVIL, arch: EVIL, sizeBytes: null }],
    removed: [{ manager: "dpkg", name: EVIL, version: EVIL, arch: EVIL, sizeBytes: null }],
    changed: [{ manager: "dpkg", name: EVIL, from: EVIL, to: EVIL }],
  },
  files: {
    ...{ added: 1, changed: 0, removed: 0, bytesBefore: 0, bytesAfter: 1, leftOut: 0 },
    list: [{ path: EVIL, change: "added", type: "file", sizeBefore: null, sizeAfter: 1, what: [EVIL] }],
    folders: [{ path: EVIL, added: 1, changed: 0, removed: 0, bytes: 1 }],
  },
  partitions: [{ mountPoint: EVIL, usedBefore: null, usedAfter: 1, sizeBytes: 2 }],
  setIdFiles: { added: [EVIL], removed: [EVIL] },
  capabilities: { added: [EVIL], removed: [EVIL] },
  users: { added: [user], removed: [EVIL], changed: [{ name: EVIL, what: [EVIL] }] },
  enabledUnits: { added: [EVIL], removed: [EVIL] },
  listeners: { added: [EVIL], removed: [EVIL] },
  notes: [EVIL],
} as unknown as ImageDiff;

const sample = sampleRecord();
const record = {
  ...sample,
  build: EVIL,
  source: { imageId: "ami-1", imageName: EVIL, accountId: "1", createdAt: "", snapshotId: "snap-1" },
  phases: sample.phases.map((phase) => ({ ...phase, name: EVIL, elapsedMs: 1_000 })),
  warnings: [EVIL],
  error: { code: "E_BOOT_CHECK", message: EVIL, hint: EVIL, step: EVIL, resourceId: null },
  lines: [{ atMs: 0, kind: "say", build: EVIL, part: null, text: `${EVIL}\n${EVIL}` }],
} as unknown as typeof sample;

class EvilError extends ChrootError {
  override readonly code = "E_EVIL";
}

function shown(show: (io: ReturnType<typeof recordingIo>) => void): string {
  const io = recordingIo();
  show(io);
  return io.written.stdout + io.written.stderr;
}

function human(io: ReturnType<typeof recordingIo>): HumanReport {
  return new HumanReport({ io, clock, color: false, timestamps: false, builds: ["web"] });
}

const texts: readonly (readonly [string, () => string])[] = [
  ["a difference", () => diffText(diff, { all: true })],
  ["a table", () => tableText(["NAME", "SIZE"], [[EVIL, 1]])],
  ["a record", () => recordText(record, { lines: true })],
  ["the time of a record", () => timingText(record)],
  ["an error", () => errorText(new EvilError(EVIL, { hint: EVIL, cause: new Error(EVIL) }))],
  ["an error of options", () => errorText(new ConfigError([{ option: EVIL, message: EVIL, hint: EVIL }]))],
  ["an error of the system", () => errorText(Object.assign(new Error(EVIL), { syscall: "open", errno: -2 }))],
  ["a bug", () => errorText(new Error(EVIL))],
  ["copies", () => copyText({ copies: [{ outcome: "failed", region: "us-east-2", error: new Error(EVIL) }] } as never)],
  [
    "what is not as it was in a copy",
    () =>
      copyText({
        copies: [{ outcome: "copied", region: "us-east-2", imageId: "ami-1", snapshotIds: [], differences: [EVIL] }],
      } as never),
  ],
  ...(["say", "message", "warn", "error"] as const).flatMap((kind): [string, () => string][] => [
    [`a ${kind} line of a build`, () => shown((io) => human(io).line(kind, "web", EVIL))],
    [`a ${kind} line of a command`, () => shown((io) => plainUi(io)[kind](EVIL))],
    [`a ${kind} line for a program`, () => shown((io) => new MachineReport(io.stdout, clock).line(kind, "web", EVIL))],
  ]),
];

describe("what an image or a service has in a text, as a terminal gets it", () => {
  it.each(texts)("is nothing that the terminal obeys: %s", (_, text) => {
    expect(text()).toContain("root");
    expect(text()).not.toMatch(/[^\P{Cc}\t\n]/u);
  });

  it("is masked before something is taken out of it, and after it", () => {
    secrets.add("line one\r\nline two of a secret");
    secrets.add("SKHOSTILETEXT");
    const inTwo = "SKHOSTILE\u001b[0mTEXT";
    for (const text of [
      shown((io) => plainUi(io).say(`${inTwo} line one\r\nline two of a secret`)),
      shown((io) => human(io).line("say", "web", `${inTwo} line one\r\nline two of a secret`)),
      shown((io) => new MachineReport(io.stdout, clock).note("say", `${inTwo} line one\r\nline two of a secret`)),
      shown((io) => io.stderr.write(errorText(new TimeoutError(`${inTwo} line one\r\nline two of a secret`)))),
    ]) {
      expect(text).toContain("<sensitive>");
      expect(text).not.toMatch(/line two|HOSTILE/);
    }
  });
});
