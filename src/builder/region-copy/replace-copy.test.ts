import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { image, ownAccount } from "../../../tests/support/builder/api-objects.ts";
import { runContext, runHeader } from "../../../tests/support/builder/run-context.ts";
import { type Handlers, jumpingClock, scriptedApi } from "../../../tests/support/outscale/scripted-api.ts";
import { CancelledError } from "../../common/errors.ts";
import { noLog } from "../../common/log.ts";
import { defaultWaiting } from "../../config/default-waiting.ts";
import type { Image } from "../../outscale/oapi.ts";
import { createWaiters } from "../../outscale/waiters.ts";
import type { JournalEntry } from "../journal/entry.ts";
import { Journal } from "../journal/journal.ts";
import type { JournalCopy } from "../journal/journal-copy.ts";
import { recordOf } from "../resources/kinds.ts";
import { Scope } from "../scope.ts";
import type { RegionCloud } from "./region-clouds.ts";
import { makeRoom } from "./replace-copy.ts";

const place = { region: "us-east-2", accountId: ownAccount, profile: null };
const old = image({ ImageId: "ami-old", ImageName: "web", AccountId: ownAccount });

interface RoomInput {
  /** What has the name there; it is gone as soon as it is deleted. */
  readonly present?: Image | undefined;
  /** What is copied. */
  readonly source?: Image;
  readonly signal?: AbortSignal;
  readonly onDelete?: () => void;
  readonly handlers?: Handlers;
}

/** Makes room in a region; tells what the journal's copy had when the old OMI was deleted. */
async function roomFor({ present = old, source = image(), signal, onDelete, handlers = {} }: RoomInput) {
  let there: Image | undefined = present;
  const known: JournalEntry[] = [];
  const added: JournalEntry[] = [];
  const copy: JournalCopy = {
    add: (entry) => void added.push(entry),
    upToDate: async () => void known.splice(0, known.length, ...added),
  };
  const knownAtDeletion: JournalEntry[] = [];
  const { api, calls } = scriptedApi({
    readImages: () => ({ Images: there === undefined ? [] : [there] }),
    deleteImage: () => {
      knownAtDeletion.push(...known);
      onDelete?.();
      there = undefined;
      return {};
    },
    ...handlers,
  });
  const folder = mkdtempSync(join(tmpdir(), "replace-copy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const journal = await Journal.create(folder, runHeader, { log: noLog, onTrouble: () => undefined, copy });
  const clock = jumpingClock();
  const cloud = { place, api, waiters: createWaiters({ api, clock, ...defaultWaiting }) } as RegionCloud;
  const context = runContext({ journal, clock, ...(signal && { signal, hurry: new AbortController().signal }) });
  const undo = new Scope("copy", context, { onFailure: "throw" });
  const disks = new Map([["/dev/sda1", "snap-new"]]);
  const room = makeRoom(context, { cloud, undo, disks, image: source, name: "web" });
  return { room, calls, knownAtDeletion };
}

describe("makeRoom()", () => {
  it("deletes the old OMI when the copy of the journal has all that brings it back", async () => {
    const { room, knownAtDeletion } = await roomFor({});
    await room;
    expect(knownAtDeletion.slice(-2)).toMatchObject([
      { type: "intent", kind: "region-replaced-image", intent: { place, thing: { imageId: "ami-old", name: "web" } } },
      { type: "result", id: "ami-old" },
    ]);
  });

  it("waits until it is gone, although the run is cancelled then", async () => {
    const stop = new AbortController();
    const onDelete = () => stop.abort(new CancelledError("Stopped"));
    const { room } = await roomFor({ signal: stop.signal, onDelete });
    await room;
  });

  it.each([["/dev/sda1"], [""], [undefined]])("writes what a journal can be read with: %j", async (RootDeviceName) => {
    const { RootDeviceName: _, ...bare } = image();
    const source = RootDeviceName === undefined ? bare : { ...bare, RootDeviceName };
    const { room, knownAtDeletion } = await roomFor({ source });
    await room;
    const intent = knownAtDeletion.findLast((entry) => entry.type === "intent");
    expect(() => recordOf(intent?.kind ?? "", intent?.intent ?? {})).not.toThrow();
    expect(intent?.intent).toMatchObject({ thing: { successorSnapshotId: "snap-new" } });
  });

  it("deletes nothing when nothing was imported for the root", async () => {
    const { room, calls } = await roomFor({ source: image({ RootDeviceName: "/dev/xvda" }) });
    await expect(room).rejects.toThrow("Nothing was imported for /dev/xvda");
    expect(calls.map(([name]) => name)).toEqual(["readImages"]);
  });

  it("says which OMI it has deregistered: that of this moment", async () => {
    const newer = image({ ...old, ImageId: "ami-newer" });
    const { room } = await roomFor({ present: newer });
    expect(await room).toMatchObject({ ImageId: "ami-newer" });
    const { room: without, calls } = await roomFor({ handlers: { readImages: () => ({ Images: [] }) } });
    expect(await without).toBeUndefined();
    expect(calls.map(([name]) => name)).toEqual(["readImages"]);
  });
});
