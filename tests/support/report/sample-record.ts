import type { ImageDiff } from "../../../src/evidence/image-diff.ts";
import type { RecordedPhase, RunRecord } from "../../../src/history/run-record.ts";

/** What would do harm in a page that does not escape, as a text and as the value of an attribute. */
export const HOSTILE = `"'><img src=https://evil.invalid/x onerror=alert(1)><script>alert(2)</script>`;

const step = (name: string, startMs: number, elapsedMs: number): RecordedPhase => {
  return { kind: "step", name, step: null, startMs, elapsedMs, outcome: "done" };
};
const part = (kind: "provisioner" | "wait", name: string, startMs: number, elapsedMs: number): RecordedPhase => {
  return { kind, name, step: "StepChrootProvision", startMs, elapsedMs, outcome: "done" };
};

const phases = [
  step("StepCheckAuth", 0, 210),
  step("StepVmInfo", 220, 130),
  step("StepSourceOMIInfo", 355, 90),
  step("StepCopySourceOMI", 450, 9_800),
  part("wait", "image ami-0a1b2c3d to become available", 700, 9_400),
  step("StepCreateVolume", 10_260, 4_300),
  part("wait", "volume vol-0a1b2c3d to become available", 10_500, 4_000),
  step("StepLinkVolume", 14_600, 1_900),
  part("wait", "volume vol-0a1b2c3d to become attached", 14_700, 1_700),
  step("StepMountDevice", 16_500, 240),
  step("StepMountExtra", 16_750, 130),
  step("StepChrootProvision", 16_900, 31_000),
  part("provisioner", "shell (templates/some/deep/folder/of/a/team/web.pkr.hcl:22)", 16_900, 24_000),
  part("provisioner", "file (web.pkr.hcl:31)", 40_950, 300),
  { ...part("provisioner", "shell (web.pkr.hcl:36)", 41_300, 6_500), outcome: "failed" as const },
  step("StepEarlyCleanup", 47_950, 2_600),
  step("StepSnapshot", 50_600, 18_000),
  part("wait", "snapshot snap-0a1b2c3d to become completed", 50_900, 17_500),
  step("StepCreateOMI", 68_700, 2_200),
  part("wait", "image ami-5e6f7a8b to become available", 68_900, 1_900),
];

const os = { id: "debian", versionId: "12", prettyName: "Debian GNU/Linux 12 (bookworm)" };
const names =
  "libc6 bash coreutils openssl nginx curl ca-certificates systemd udev dbus python3 perl-base tzdata".split(" ");

const diff: ImageDiff = {
  formatVersion: 1,
  before: { name: "before", os: { ...os, homeUrl: undefined, cpe: undefined } },
  after: { name: "after", os: { ...os, homeUrl: undefined, cpe: undefined } },
  packages: {
    added: ["nginx", "nginx-common", HOSTILE].map((name) => {
      return { manager: "deb", name, version: "1.22.1-9+deb12u1", arch: "amd64", sizeBytes: 1_400_000 };
    }),
    removed: [{ manager: "deb", name: "exim4-base", version: "4.96-15", arch: "amd64", sizeBytes: 1_700_000 }],
    changed: [{ manager: "deb", name: "openssl", from: "3.0.11-1~deb12u2", to: "3.0.14-1~deb12u1" }],
  },
  files: {
    added: 412,
    changed: 37,
    removed: 96,
    bytesBefore: 812_000_000,
    bytesAfter: 861_000_000,
    list: [
      {
        path: "/usr/lib/libbig.so.1",
        change: "added",
        type: "file",
        sizeBefore: null,
        sizeAfter: 31_000_000,
        what: [],
      },
      {
        path: "/etc/ssl/openssl.cnf",
        change: "changed",
        type: "file",
        sizeBefore: 12_332,
        sizeAfter: 12_400,
        what: ["content"],
      },
      { path: "/usr/sbin/exim4", change: "removed", type: "file", sizeBefore: 1_200_000, sizeAfter: null, what: [] },
      {
        path: `/srv/${HOSTILE}`,
        change: "changed",
        type: "file",
        sizeBefore: 1,
        sizeAfter: 1,
        what: ["mode 0644 -> 4755"],
      },
    ],
    leftOut: 0,
    folders: [
      { path: "/usr", added: 380, changed: 30, removed: 90, bytes: 48_000_000 },
      { path: "/usr/lib", added: 101, changed: 8, removed: 12, bytes: 41_000_000 },
      { path: "/etc", added: 22, changed: 7, removed: 6, bytes: 61_000 },
    ],
  },
  partitions: [
    { mountPoint: "/", usedBefore: 1_120_000_000, usedAfter: 1_340_000_000, sizeBytes: 2_000_000_000 },
    { mountPoint: "/boot/efi", usedBefore: 4_200_000, usedAfter: 4_200_000, sizeBytes: 130_000_000 },
  ],
  setIdFiles: { added: [`/srv/${HOSTILE} 4755 0:0`], removed: ["/usr/sbin/exim4 4755 0:0"] },
  capabilities: { added: ["/usr/bin/ping cap_net_raw=ep"], removed: [] },
  users: {
    added: [{ name: "web", uid: 1000, gid: 1000, home: "/srv", shell: "/bin/sh", password: "locked", groups: [] }],
    removed: ["Debian-exim"],
    changed: [{ name: "root", what: ["shell /bin/sh -> /bin/bash"] }],
  },
  enabledUnits: { added: ["nginx.service"], removed: ["exim4 (init.d)"] },
  listeners: { added: ["nginx (HTTP, 80 and 443)"], removed: [] },
  notes: ["File capabilities were not read: getfattr (package attr) is missing"],
};

/** A record with something in every field, much of it hostile. */
export function sampleRecord(): RunRecord {
  const call = (action: string, startMs: number, count: number, status: number, errorCode: string | null = null) => {
    return { action, startMs, elapsedMs: 120 * count, count, status, errorCode, requestId: `0000-${startMs}` };
  };
  return {
    formatVersion: 1,
    program: "outscale-chroot 0.1.0",
    runId: "0a1b2c3d4e5f",
    build: "outscale-chroot.web",
    startedAt: "2026-01-02T03:04:05.000Z",
    elapsedMs: 71_000,
    outcome: "failed",
    template: {
      path: "web.pkr.hcl",
      sha256: "ab".repeat(32),
      files: [{ path: "web.pkr.hcl", sha256: "cd".repeat(32) }],
    },
    configuration: { omi_name: HOSTILE, tags: { team: HOSTILE, stage: "test" }, secret_key: "(sensitive value)" },
    account: { accountId: "123456789012", region: "eu-west-2", endpoint: "https://api.eu-west-2.outscale.com" },
    source: {
      imageId: "ami-00000000",
      imageName: HOSTILE,
      accountId: "987654321098",
      createdAt: "2026-01-01T00:00:00.000Z",
      snapshotId: "snap-00000000",
    },
    product: {
      region: "eu-west-2",
      imageId: "ami-5e6f7a8b",
      imageName: "web",
      snapshotIds: ["snap-0a1b2c3d"],
      copies: [
        { region: "us-east-2", accountId: "222222222222", imageId: "ami-9c8d7e6f", snapshotIds: ["snap-4d5e6f70"] },
      ],
      isReused: false,
    },
    inputs: null,
    phases,
    apiCalls: [
      call("ReadVms", 10, 1, 200),
      call("CreateVolume", 10_300, 1, 200),
      call("ReadVolumes", 10_500, 14, 200),
      call("CreateTags", 15_000, 1, 403, HOSTILE),
    ],
    resources: [
      { kind: "volume", id: "vol-0a1b2c3d", change: "acquired", atMs: 10_400 },
      { kind: "volume", id: "vol-0a1b2c3d", change: "released", atMs: 70_000 },
      { kind: HOSTILE, id: HOSTILE, change: "left", atMs: 70_100 },
    ],
    bootTest: {
      ...{ startMs: 60_000, elapsedMs: 4_200, acceleration: "tcg", console: ["Welcome", HOSTILE, "web login:"] },
      commands: [{ command: `curl ${HOSTILE}`, exitCode: 7, output: HOSTILE }],
      failedUnits: [{ name: HOSTILE, status: HOSTILE }],
    },
    image: {
      os,
      packages: names.map((name, index) => ({
        name,
        version: `1.${index}-${index}`,
        arch: "amd64",
        sizeBytes: 10_000 * index,
      })),
      diff,
    },
    bootFailure: null,
    imageCheck: {
      startMs: 47_800,
      elapsedMs: 140,
      level: "strict",
      findings: [
        { rule: "authorized-keys", path: "/root/.ssh/authorized_keys", detail: "1 key" },
        { rule: "log", path: `/var/log/${HOSTILE}` },
      ],
      allowed: 2,
      notes: ["3 files were not searched for the access key: they are too large, or too many"],
    },
    generalised: ["SSH host keys: /etc/ssh/ssh_host_rsa_key and 5 more", `logs: ${HOSTILE}`],
    provenance: {
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: `eu-west-2:ami-5e6f7a8b`, digest: { outscaleOmi: "ab".repeat(32) } }],
      predicateType: "https://slsa.dev/provenance/v1",
      predicate: {
        buildDefinition: {
          buildType: "https://example.com/build",
          externalParameters: { template: HOSTILE },
          resolvedDependencies: [
            { name: "web.pkr.hcl", digest: { sha256: "cd".repeat(32) }, annotations: { kind: "template" } },
            { name: HOSTILE, uri: "file:x", annotations: { kind: HOSTILE } },
          ],
        },
        runDetails: { builder: { id: "https://example.com/builder", version: { "outscale-chroot": "0.1.0" } } },
      },
    },
    warnings: ["Boot check: the boot loader has no entry", HOSTILE],
    error: {
      code: "E_PROVISION",
      message: `The shell failed\n${HOSTILE}`,
      hint: "Look at its output",
      step: "StepChrootProvision",
      resourceId: null,
    },
    lines: [
      { atMs: 0, kind: "say", part: null, text: "Run 0a1b2c3d4e5f begins" },
      { atMs: 17_000, kind: "message", part: null, text: "Setting up nginx (1.22.1-9+deb12u1) ..." },
      { atMs: 17_100, kind: "message", part: null, text: HOSTILE },
      { atMs: 17_200, kind: "warn", part: null, text: "It is slow" },
      { atMs: 47_000, kind: "error", part: HOSTILE, text: "The shell failed" },
    ],
    earlier: [],
    leftOut: { lines: 12, apiCalls: 3, resources: 0 },
  };
}
