import type { Readable, Writable } from "node:stream";

/** Carries what a process writes to where it goes. */
export interface Pump {
  /** Resolves when all that the process has written so far has been passed on. The process has ended by then. */
  drained(): Promise<void>;
  /** Lets go of both ends: what still comes is read and thrown away. */
  stop(): void;
}

/** A daemon that writes without end must not hold the end of its parent back for ever. */
const MAX_BYTES_AFTER_EXIT = 1024 * 1024;

/**
 * Passes a process's output on, no faster than the destination takes it. The destination is not closed; if it closes or
 * fails, the rest is read and thrown away, so that the process is not held up.
 */
export function pump(source: Readable, destination: Writable | undefined): Pump {
  // One that has failed and closed already says nothing any more.
  let target = destination?.destroyed ? undefined : destination;
  let bytesSeen = 0;
  const drop = () => {
    target = undefined;
    source.resume();
  };
  const resume = () => void source.resume();
  target?.on("error", drop).on("close", drop).on("drain", resume);
  source.on("data", (chunk: Buffer) => {
    bytesSeen += chunk.length;
    if (target && !target.write(chunk)) source.pause();
  });
  source.on("error", () => undefined);
  return {
    drained: () => readWhatIsThere(source, () => bytesSeen),
    stop: () => {
      target?.off("error", drop).off("close", drop).off("drain", resume);
      drop();
      // A daemon may hold the pipe for ever; that does not keep our process alive.
      if ("unref" in source && typeof source.unref === "function") source.unref();
    },
  };
}

/**
 * What was in the pipe when the process ended is readable at once, so a turn of the event loop in which nothing came,
 * with nobody holding the reading up, proves the pipe empty. Its end may never come: a daemon can hold it open.
 */
async function readWhatIsThere(source: Readable, bytesSeen: () => number): Promise<void> {
  const limit = bytesSeen() + MAX_BYTES_AFTER_EXIT;
  // The first turn may have begun before the process ended.
  await nextTurn();
  for (let before = -1; !source.readableEnded && !source.destroyed && bytesSeen() < limit; ) {
    if (source.isPaused()) {
      await new Promise((resolve) => source.once("resume", resolve));
      // That may be late in a turn of the event loop, which then reads nothing any more.
      await nextTurn();
      continue;
    }
    if (before === bytesSeen()) return;
    before = bytesSeen();
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
