import { existsSync, mkdtempSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { journalDisk } from "../../tests/support/builder/journal-disk.ts";
import { runContext, runHeader } from "../../tests/support/builder/run-context.ts";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { CancelledError, LeftoverError, throwIfCancelled } from "../common/errors.ts";
import { noLog } from "../common/log.ts";
import { ApiError } from "../outscale/errors.ts";
import type { BuildEvent } from "./events.ts";
import { Journal } from "./journal/journal.ts";
import { JournalError } from "./journal/journal-error.ts";
import { readJournal } from "./journal/read-journal.ts";
import { noFacts, type ResourceKind } from "./resource-kind.ts";
import { Scope } from "./scope.ts";

let state: string;
let journal: Journal;
let happened: string[];
let troubles: string[];
let isDiskFull: boolean;

const disk = journalDisk({
  write: (fd, bytes, offset) => {
    if (isDiskFull) throw new Error("ENOSPC: no space left on device, write");
    return writeSync(fd, bytes, offset);
  },
});

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "scope-"));
  happened = [];
  troubles = [];
  isDiskFull = false;
  journal = await Journal.create(join(state, "runs"), runHeader, {
    log: noLog,
    onTrouble: (message) => troubles.push(message),
    disk,
  });
});
afterEach(() => {
  journal.close("failed");
  rmSync(state, { recursive: true });
});

const thing = (options: Partial<ResourceKind> = {}): ResourceKind => ({
  name: "folder", // a name that a journal may have
  intent: z.strictObject({ path: z.string() }),
  facts: noFacts,
  releaseLabel: (id) => `Removing ${id}`,
  find: async () => undefined,
  release: async (_context, { id }) => void happened.push(`release ${id}`),
  ...options,
});
const intent = { path: "/mnt/thing" };

function newScope(onFailure: "throw" | "warn" = "throw", cancelled = new AbortController()) {
  const events: BuildEvent[] = [];
  const ui = new RecordingUi();
  const emit = (event: BuildEvent) => void events.push(event);
  const context = runContext({ journal, ui, emit, signal: cancelled.signal });
  return { scope: new Scope("test", context, { onFailure }), events, ui };
}

const lost = () =>
  new ApiError({ action: "CreateVolume", ambiguous: true }, "The connection broke after the request was sent");
const conflict = () =>
  new ApiError({ action: "CreateImage", ambiguous: false, httpStatus: 409, apiCode: "9015" }, "The name is taken");

describe("Scope.acquire()", () => {
  it("writes the intent before the call and the id after it", async () => {
    const { scope } = newScope();
    await scope.acquire(thing(), intent, async () => {
      expect(readFileSync(journal.path, "utf8")).toContain('"type":"intent","seq":1,"kind":"folder"');
      expect(readFileSync(journal.path, "utf8")).not.toContain('"type":"result"');
      return "thing-1";
    });
    expect(readJournal(journal.path)?.resources).toMatchObject([{ seq: 1, id: "thing-1" }]);
  });

  it("makes nothing in the account before a copy of the journal has its intent", async () => {
    const copied: string[] = [];
    const upToDate = async () => {
      if (happened.includes("lost")) throw new Error("no queue");
      happened.push("up to date");
    };
    journal.close("failed");
    const copy = { add: ({ type }: { readonly type: string }) => void copied.push(type), upToDate };
    journal = await Journal.create(join(state, "runs"), runHeader, { log: noLog, onTrouble: () => undefined, copy });
    const { scope } = newScope();
    await scope.acquire(thing(), intent, async () => {
      happened.push("made");
      return "thing-1";
    });
    await scope.acquire(thing({ isOfMachine: true }), intent, async () => "thing-2");
    expect([happened, copied]).toEqual([
      ["up to date", "made"],
      ["run", "intent", "result", "intent", "result"],
    ]);
    happened = ["lost"];
    const create = async () => {
      happened.push("made");
      return "thing-3";
    };
    await expect(scope.acquire(thing(), intent, create)).rejects.toThrow("no queue");
    expect([happened, copied.slice(-2)]).toEqual([["lost"], ["intent", "released"]]);
  });

  it("finds what a lost answer was about instead of making a second one", async () => {
    const { scope } = newScope();
    let calls = 0;
    const lease = await scope.acquire(thing({ find: async () => "thing-7" }), intent, async () => {
      calls++;
      throw lost();
    });
    expect([lease.id, calls]).toEqual(["thing-7", 1]);
  });

  it("tries again when a lost answer had no effect", async () => {
    const { scope } = newScope();
    let calls = 0;
    const lease = await scope.acquire(thing(), intent, async () => {
      calls++;
      if (calls === 1) throw lost();
      return "thing-2";
    });
    expect([lease.id, calls]).toEqual(["thing-2", 2]);
  });

  it("takes a conflict after a lost answer for its own first try, seen late", async () => {
    const { scope } = newScope();
    const looks = [undefined, "thing-3"];
    const answers = [lost(), conflict()];
    const lease = await scope.acquire(thing({ find: async () => looks.shift() }), intent, async () => {
      throw answers.shift();
    });
    expect(lease.id).toBe("thing-3");
  });

  it("takes a plain conflict for what it is, and leaves nothing in the journal", async () => {
    const { scope } = newScope();
    const failing = scope.acquire(thing({ find: async () => "somebody-elses" }), intent, async () => {
      throw conflict();
    });
    await expect(failing).rejects.toThrow("The name is taken");
    expect(journal.hasOpenResources).toBe(false);
  });

  it("keeps a doubt that was never settled, and looks again when the scope ends", async () => {
    const { scope } = newScope();
    const looks = [undefined, undefined, undefined, undefined, "thing-9"];
    const failing = scope.acquire(thing({ find: async () => looks.shift() }), intent, async () => {
      throw lost();
    });
    await expect(failing).rejects.toThrow("The connection broke");
    expect(journal.hasOpenResources).toBe(true);
    await scope[Symbol.asyncDispose]();
    expect(happened).toEqual(["release thing-9"]);
    expect(journal.hasOpenResources).toBe(false);
  });

  it.each([
    ["is refused", new ApiError({ action: "ReadVolumes", ambiguous: false, httpStatus: 403 }, "Not allowed")],
    ["comes too late", new CancelledError("The time for it is over")],
    ["fails for any other reason", new Error("fetch failed")],
  ])(
    "stays in doubt when the look after a lost answer %s, and looks again when the scope ends",
    async (_how, failure) => {
      const { scope } = newScope();
      const looks = [Promise.reject(failure), Promise.resolve("thing-9")];
      for (const look of looks) look.catch(() => undefined);
      const failing = scope.acquire(
        thing({ find: () => looks.shift() ?? Promise.resolve(undefined) }),
        intent,
        async () => {
          throw lost();
        },
      );
      await expect(failing).rejects.toMatchObject({
        message: expect.stringContaining("The connection broke"),
        cause: failure,
      });
      expect(readJournal(journal.path).resources).toMatchObject([{ seq: 1, intent }]);
      await scope[Symbol.asyncDispose]();
      expect(happened).toEqual(["release thing-9"]);
      expect(journal.hasOpenResources).toBe(false);
    },
  );

  it("begins nothing once the build is cancelled", async () => {
    const cancelled = new AbortController();
    const { scope } = newScope("throw", cancelled);
    cancelled.abort();
    await expect(scope.acquire(thing(), intent, async () => "thing-1")).rejects.toThrow(CancelledError);
    expect(journal.hasOpenResources).toBe(false);
  });
});

describe("Scope release", () => {
  it("goes newest first, past failures, and throws what failed", async () => {
    const { scope, ui } = newScope();
    await scope.acquire(thing(), intent, async () => "a");
    scope.defer("Unmounting /mnt", async () => {
      throw new LeftoverError("busy", { leftovers: ["/mnt, held by pid 1"] });
    });
    await scope.acquire(thing(), intent, async () => "c");
    await expect(scope[Symbol.asyncDispose]()).rejects.toMatchObject({ leftovers: ["/mnt, held by pid 1"] });
    expect(happened).toEqual(["release c", "release a"]);
    expect(ui.lines).toEqual(["error: Unmounting /mnt failed: busy"]);
  });

  it("tries a failed release again, and gives up at last without losing it", async () => {
    const { scope } = newScope("warn");
    let tries = 0;
    const release = async () => {
      tries++;
      throw new Error("not now");
    };
    await scope.acquire(thing({ release }), intent, async () => "a");
    await scope[Symbol.asyncDispose]();
    expect(tries).toBe(5);
    expect(journal.hasOpenResources).toBe(true);
  });

  it("does nothing twice", async () => {
    const { scope } = newScope();
    const lease = await scope.acquire(thing(), intent, async () => "a");
    await lease.release();
    await lease.release();
    await scope[Symbol.asyncDispose]();
    expect(happened).toEqual(["release a"]);
  });

  it("takes back only what is newer than a mark", async () => {
    const { scope } = newScope();
    await scope.acquire(thing(), intent, async () => "a");
    const mark = scope.size;
    await scope.acquire(thing(), intent, async () => "b");
    await scope.releaseBackTo(mark);
    expect(happened).toEqual(["release b"]);
  });

  it("stops on its way back at what fails, and still holds that and all that is older", async () => {
    const { scope, ui } = newScope();
    const note = (what: string) => async () => void happened.push(what);
    let isBusy = true;
    await scope.acquire(thing(), intent, async () => "a");
    scope.defer("Unmounting /mnt", note("unmount"));
    scope.defer("Restoring /etc/resolv.conf", async () => {
      if (isBusy) throw new Error("no space left");
      happened.push("restore");
    });
    scope.defer("Stopping", note("stop"));
    await expect(scope.releaseBackTo(1)).rejects.toThrow("no space left");
    expect([happened, scope.size]).toEqual([["stop"], 3]);
    expect(ui.lines).toEqual(["error: Restoring /etc/resolv.conf failed: no space left"]);
    isBusy = false;
    await scope.releaseBackTo(1);
    expect([happened, scope.size]).toEqual([["stop", "restore", "unmount"], 1]);
  });

  it("keeps the product with one line of the journal", async () => {
    const { scope, events } = newScope();
    await scope.acquire(thing(), intent, async () => "a");
    await scope.acquire(thing(), intent, async () => "b");
    scope.keep();
    await scope[Symbol.asyncDispose]();
    expect(happened).toEqual([]);
    expect(readFileSync(journal.path, "utf8")).toContain('{"type":"kept","seqs":[1,2]}');
    expect(events.filter((event) => event.type === "resource" && event.change === "kept")).toHaveLength(2);
    journal.close("done");
    expect(existsSync(journal.path)).toBe(false);
  });

  it("does not wait for the end of what was accepted to be removed, once that is enough", async () => {
    const { scope, events } = newScope();
    const enough = new AbortController();
    const release: ResourceKind["release"] = async ({ signal }, { onAccepted }) => {
      const ended = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      onAccepted?.();
      enough.abort();
      await ended;
    };
    await scope.acquire(thing({ release, isGone: async () => false }), intent, async () => "a");
    await scope.releaseUntil(enough.signal);
    expect(events.at(-2)).toMatchObject({ type: "resource", change: "released" });
    expect(journal.hasOpenResources).toBe(false);
    const before = journal.path;
    journal.close("done");
    expect(existsSync(before)).toBe(false);
    expect(readJournal(journal.path)).toMatchObject({ outcome: "done", resources: [{ id: "a" }] });
    expect(journal.path).toContain("/deletions/");
  });

  it("has nothing left to prove when the last look sees that it is gone", async () => {
    const { scope } = newScope();
    const release: ResourceKind["release"] = async ({ signal }, { onAccepted }) => {
      onAccepted?.();
      throwIfCancelled(signal);
    };
    await scope.acquire(thing({ release, isGone: async () => true }), intent, async () => "a");
    await scope.releaseUntil(AbortSignal.abort());
    journal.close("done");
    expect(existsSync(journal.path)).toBe(false);
  });

  it("waits until the removal was accepted, whatever is enough", async () => {
    const { scope } = newScope("warn");
    let tries = 0;
    const release: ResourceKind["release"] = async (_context, { onAccepted }) => {
      if (++tries < 3) throw new Error("not now");
      onAccepted?.();
    };
    await scope.acquire(thing({ release }), intent, async () => "a");
    await scope.releaseUntil(AbortSignal.abort());
    expect(tries).toBe(3);
    journal.close("done");
    expect(existsSync(journal.path)).toBe(false);
  });

  it("leaves a kind where it is, for a later clean-up", async () => {
    const { scope } = newScope();
    await scope.acquire(thing(), intent, async () => "a");
    scope.leave("folder");
    await scope[Symbol.asyncDispose]();
    expect(happened).toEqual([]);
    expect(journal.hasOpenResources).toBe(true);
  });
});

describe("a scope whose journal cannot be written", () => {
  it("makes nothing that it could not announce", async () => {
    const { scope } = newScope();
    isDiskFull = true;
    let calls = 0;
    const failing = scope.acquire(thing(), intent, async () => `thing-${++calls}`);
    await expect(failing).rejects.toThrow(JournalError);
    expect([calls, journal.hasOpenResources, scope.size]).toEqual([0, false, 0]);
  });

  it("holds what was made although its id could not be written, and releases it", async () => {
    const { scope } = newScope();
    const lease = await scope.acquire(thing(), intent, async () => {
      isDiskFull = true;
      return "thing-1";
    });
    expect(lease.id).toBe("thing-1");
    expect(troubles).toEqual([expect.stringContaining("ENOSPC")]);
    await expect(scope.acquire(thing(), intent, async () => "thing-2")).rejects.toThrow(JournalError);
    await scope[Symbol.asyncDispose]();
    expect(happened).toEqual(["release thing-1"]);
    journal.close("failed");
    expect(existsSync(journal.path)).toBe(false);
  });

  it("writes what has happened as soon as the disk takes it", async () => {
    const { scope } = newScope();
    await scope.acquire(thing(), intent, async () => {
      isDiskFull = true;
      return "thing-1";
    });
    isDiskFull = false;
    await scope.acquire(thing(), intent, async () => "thing-2");
    expect(readJournal(journal.path).resources.map(({ id }) => id)).toEqual(["thing-1", "thing-2"]);
  });

  it("is a success all the same when the product is made: its journal goes, and says nothing false", async () => {
    const { scope } = newScope();
    await scope.acquire(thing(), intent, async () => "product");
    const { scope: temporary } = newScope("warn");
    const stuck = async () => {
      throw new LeftoverError("in use", { leftovers: ["leftover"] });
    };
    await temporary.acquire(thing({ release: stuck }), intent, async () => "leftover");
    isDiskFull = true;
    scope.keep();
    await temporary[Symbol.asyncDispose]();
    journal.close("done");
    expect(existsSync(journal.path)).toBe(false);
    expect(troubles.at(-1)).toContain("Remove by hand: folder leftover");
    expect(happened).toEqual([]);
  });
});

describe("Scope.acquire() of what is made in several steps", () => {
  it("takes back what the first steps made when a later one fails", async () => {
    const { scope } = newScope();
    const kind = thing({ isMadeInSteps: true, find: async () => "half" });
    const failing = scope.acquire(kind, intent, async () => {
      throw new Error("the second step failed");
    });
    await expect(failing).rejects.toThrow("the second step failed");
    expect([happened, journal.hasOpenResources, scope.size]).toEqual([["release half"], false, 0]);
  });

  it("tries again at the end of the scope what could not be taken back", async () => {
    const { scope } = newScope();
    let isBusy = true;
    const release = async () => {
      if (isBusy) throw new LeftoverError("busy", { leftovers: ["half"] });
      happened.push("released");
    };
    const kind = thing({ isMadeInSteps: true, find: async () => "half", release });
    const failing = scope.acquire(kind, intent, async () => {
      throw new Error("the second step failed");
    });
    await expect(failing).rejects.toThrow("the second step failed");
    expect(journal.hasOpenResources).toBe(true);
    isBusy = false;
    await scope[Symbol.asyncDispose]();
    expect([happened, journal.hasOpenResources]).toEqual([["released"], false]);
  });
});

describe("Lease.keep()", () => {
  it("leaves one thing to the user, and releases the others", async () => {
    const { scope } = newScope();
    const lease = await scope.acquire(thing(), intent, async () => "a");
    await scope.acquire(thing(), intent, async () => "b");
    lease.keep();
    await scope[Symbol.asyncDispose]();
    expect([happened, journal.hasOpenResources]).toEqual([["release b"], false]);
  });
});
