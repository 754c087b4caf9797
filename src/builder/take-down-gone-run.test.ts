import { describe, expect, it } from "vitest";
import { image, ownAccount, volume } from "../../tests/support/builder/api-objects.ts";
import { runHeader } from "../../tests/support/builder/run-context.ts";
import { type Handlers, jumpingClock, scriptedApi } from "../../tests/support/outscale/scripted-api.ts";
import { startServer } from "../../tests/support/outscale/start-server.ts";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { CancelledError } from "../common/errors.ts";
import { noLog } from "../common/log.ts";
import type { Image } from "../outscale/oapi.ts";
import { formatEntry, JOURNAL_FORMAT, type JournalEntry } from "./journal/entry.ts";
import { readJournalCopy } from "./journal/read-journal.ts";
import { RunsOnError } from "./runs-on-error.ts";
import { takeDownGoneRun } from "./take-down-gone-run.ts";

const made: readonly JournalEntry[] = [
  { type: "run", format: JOURNAL_FORMAT, ...runHeader },
  { type: "intent", seq: 1, kind: "volume", intent: { clientToken: "token", vmId: "i-gone" } },
  { type: "result", seq: 1, id: "vol-1" },
  { type: "intent", seq: 2, kind: "folder", intent: { path: "/mnt/gone" } },
  { type: "intent", seq: 3, kind: "link", intent: { volumeId: "vol-1", vmId: "i-gone", deviceName: "/dev/xvdf" } },
  { type: "result", seq: 3, id: "vol-1" },
];
const registered: readonly JournalEntry[] = [
  { type: "run", format: JOURNAL_FORMAT, ...runHeader },
  { type: "intent", seq: 4, kind: "snapshot", intent: { clientToken: "token" } },
  { type: "result", seq: 4, id: "snap-1" },
  { type: "intent", seq: 5, kind: "image", intent: { name: "web", rootSnapshotId: "snap-1" } },
  { type: "result", seq: 5, id: "ami-1" },
];
const runTag = { Key: "outscale-chroot:run", Value: runHeader.runId };
const own = image({ ImageId: "ami-1", ImageName: "web", AccountId: ownAccount });

interface TakingDown {
  readonly mayGoOn?: () => Promise<void>;
  /** With the credentials of other regions. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

function takeDown(
  entries: readonly JournalEntry[],
  handlers: Handlers,
  { mayGoOn = async () => undefined, env = {}, signal = new AbortController().signal }: TakingDown = {},
) {
  const clock = jumpingClock();
  const { api, calls } = scriptedApi(handlers);
  const record = readJournalCopy("copy", entries.map(formatEntry).join(""), clock.now());
  const tools = {
    api,
    access: {} as never,
    env,
    stateFolder: "/nonexistent",
    ui: new RecordingUi(),
    log: noLog,
    clock,
    signal,
  };
  const done = takeDownGoneRun(record, { ...tools, mayGoOn });
  return {
    done,
    clock,
    ui: tools.ui,
    changes: () => calls.map(([name]) => name).filter((name) => !name.startsWith("read")),
  };
}

describe("takeDownGoneRun()", () => {
  it("unlinks and deletes a volume without a look at its device, and leaves this machine alone", async () => {
    let seen = volume({
      LinkedVolumes: [{ VmId: "i-gone", VolumeId: "vol-1", DeviceName: "/dev/xvdf", State: "attached" }],
    });
    let isGone = false;
    const { done, changes } = takeDown(made, {
      readVolumes: () => ({ Volumes: isGone ? [] : [seen] }),
      unlinkVolume: () => {
        seen = volume();
        return {};
      },
      deleteVolume: () => {
        isGone = true;
        return {};
      },
    });
    await done;
    expect(changes()).toEqual(["unlinkVolume", "deleteVolume"]);
  });

  it("never unlinks a volume from another VM, and keeps it", async () => {
    const link = { VmId: "i-other", VolumeId: "vol-1", DeviceName: "/dev/xvdf", State: "attached" };
    const linked = volume({ LinkedVolumes: [link] });
    const { done, changes } = takeDown(made, { readVolumes: () => ({ Volumes: [linked] }) });
    await expect(done).rejects.toMatchObject({
      code: "E_LEFTOVER",
      message: expect.stringContaining("linked to i-other"),
    });
    expect(changes()).toEqual([]);
  });

  it("deregisters an OMI with the tag of the run, and deletes its snapshot", async () => {
    const there = { image: true, snapshot: true };
    const { done, changes } = takeDown(registered, {
      readImages: () => ({ Images: there.image ? [{ ...own, Tags: [runTag] }] : [] }),
      deleteImage: () => {
        there.image = false;
        return {};
      },
      readSnapshots: () => ({ Snapshots: there.snapshot ? [{ SnapshotId: "snap-1", State: "completed" }] : [] }),
      deleteSnapshot: () => {
        there.snapshot = false;
        return {};
      },
    });
    await done;
    expect(changes()).toEqual(["deleteImage", "deleteSnapshot"]);
  });

  it.each([[[]], [[{ ...runTag, Value: "ffffffffffff" }]]])("keeps an OMI without that tag: %j", async (Tags) => {
    const deleteSnapshot = () => {
      throw new Error("in use");
    };
    const { done, changes } = takeDown(registered, {
      readImages: () => ({ Images: [{ ...own, Tags }] }),
      readSnapshots: () => ({ Snapshots: [{ SnapshotId: "snap-1", State: "completed" }] }),
      deleteSnapshot,
    });
    await expect(done).rejects.toMatchObject({ code: "E_LEFTOVER", message: expect.stringContaining("may be whole") });
    expect(changes()).not.toContain("deleteImage");
  });

  it("keeps a product, and takes the tag of the run off it", async () => {
    const { done, changes } = takeDown([...registered, { type: "kept", seqs: [4, 5] }], { deleteTags: () => ({}) });
    await done;
    expect(changes()).toEqual(["deleteTags"]);
  });

  it("stops between two things when it is not for us any more", async () => {
    const refuse = async () => {
      throw new Error("not ours");
    };
    const { done, changes } = takeDown(registered, {}, { mayGoOn: refuse });
    await expect(done).rejects.toThrow("not ours");
    expect(changes()).toEqual([]);
  });

  it("leaves what it has no time for, when it is stopped, and takes that for no failure", async () => {
    const stopping = new AbortController();
    const { done, changes } = takeDown(
      registered,
      {
        readImages: () => {
          stopping.abort();
          throw new Error("too late");
        },
      },
      { signal: stopping.signal },
    );
    await expect(done).rejects.toBeInstanceOf(CancelledError);
    expect(changes()).toEqual([]);
  });

  it("does not wait for an export that still runs: it leaves its objects, and takes down the rest", async () => {
    await using east = await otherRegion({ ...own, Tags: [runTag] });
    const { done, clock, ui } = takeDown([...copied, ...exported], {}, { env: east.env });
    const before = clock.now();
    await expect(done).rejects.toBeInstanceOf(RunsOnError);
    expect(clock.now()).toBe(before);
    expect(east.changes()).toEqual(["DeleteImage"]);
    expect(ui.of("error")).toEqual([]);
    expect(ui.of("message").join()).toContain("The export image-export-1 still runs, and writes to acme/a/");
  });

  it.each([
    [[], []],
    [[runTag], ["DeleteImage"]],
  ])("keeps a copy in another region without that tag: %j", async (Tags, expected) => {
    await using east = await otherRegion({ ...own, Tags });
    const { done, changes } = takeDown(copied, {}, { env: east.env });
    if (Tags.length > 0) await done;
    else
      await expect(done).rejects.toMatchObject({
        code: "E_LEFTOVER",
        message: expect.stringContaining("may be whole"),
      });
    expect(east.changes()).toEqual(expected);
    // What has the same id at home is somebody else's.
    expect(changes()).toEqual([]);
  });
});

const place = { region: "us-east-2", accountId: ownAccount, profile: null };
const copied: readonly JournalEntry[] = [
  { type: "run", format: JOURNAL_FORMAT, ...runHeader },
  { type: "intent", seq: 6, kind: "region-image", intent: { place, thing: { name: "web", rootSnapshotId: "snap-1" } } },
  { type: "result", seq: 6, id: "ami-1" },
];

const exported: readonly JournalEntry[] = [
  {
    ...{ type: "intent", seq: 7, kind: "exported-objects" },
    intent: { place, bucket: "acme", prefix: `a/${runHeader.runId}/`, of: { kind: "image", id: "ami-0" } },
  },
  { type: "result", seq: 7, id: "image-export-1" },
];
const exportTask = {
  ...{ TaskId: "image-export-1", ImageId: "ami-0", State: "active", Progress: 0, Comment: "", Tags: [] },
  OsuExport: { DiskImageFormat: "qcow2", OsuBucket: "acme", OsuPrefix: `a/${runHeader.runId}` },
};

/** The service of another region, whose account has one OMI. */
async function otherRegion(there: Image) {
  const calls: string[] = [];
  let isThere = true;
  const answers: Readonly<Record<string, () => unknown>> = {
    ReadAccounts: () => ({ Accounts: [{ AccountId: ownAccount }] }),
    ReadImageExportTasks: () => ({ ImageExportTasks: [exportTask] }),
    ReadImages: () => ({ Images: isThere ? [there] : [] }),
    DeleteImage: () => {
      isThere = false;
      return {};
    },
  };
  const server = await startServer((request, response) => {
    const action = request.url?.split("/").at(-1) ?? "";
    calls.push(action);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...Object(answers[action]?.()), ResponseContext: { RequestId: "1" } }));
  });
  return {
    env: {
      OSC_ACCESS_KEY_US_EAST_2: "ABCDEFGHIJKLMNOPQRST",
      OSC_SECRET_KEY_US_EAST_2: "SECRETKEYOFTHETEST",
      OSC_ENDPOINT_API_US_EAST_2: `http://127.0.0.1:${server.port}/api/v1`,
    },
    changes: () => calls.filter((action) => !action.startsWith("Read")),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
