import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Longer than anything takes on a slow machine, and shorter than a test may: so that what it has said is shown. */
const PATIENCE_MS = 900_000;

/** A program that runs, and what it has said so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Waits until it has said this. @throws {Error} with all that it has said, when it ends before, or says nothing of the kind */
  says(text: string): Promise<void>;
  /** @returns its exit code, or the signal that has killed it */
  ended(): Promise<number | NodeJS.Signals | null>;
  /** Sends SIGTERM. @returns as `ended`. @throws {Error} with all that it has said, when it does not end */
  stopped(): Promise<number | NodeJS.Signals | null>;
}

/** Listens to a program that was started with pipes for its output. */
export function running(child: ChildProcess): Running {
  let output = "";
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of [...listeners]) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (piece: Buffer) => {
      output += piece.toString();
      changed();
    });
  }
  let isOver = false;
  const over = once(child, "close").then(() => {
    isOver = true;
    changed();
  });
  const ended = async () => {
    await over;
    return child.exitCode ?? child.signalCode;
  };
  return {
    child,
    output: () => output,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const isSaid = output.toLowerCase().includes(text.toLowerCase());
          if (!isSaid && !isOver) return;
          clearTimeout(giveUp);
          listeners.delete(look);
          if (isSaid) resolve();
          else reject(new Error(`It ended without saying "${text}":\n${output}`));
        };
        const giveUp = setTimeout(() => {
          listeners.delete(look);
          reject(new Error(`It runs, and has not said "${text}" for ${PATIENCE_MS / 60_000} minutes:\n${output}`));
        }, PATIENCE_MS);
        giveUp.unref();
        listeners.add(look);
        look();
      }),
    ended,
    stopped: () =>
      new Promise((resolve, reject) => {
        const giveUp = setTimeout(() => {
          reject(new Error(`It has not ended ${PATIENCE_MS / 60_000} minutes after SIGTERM:\n${output}`));
        }, PATIENCE_MS);
        giveUp.unref();
        child.kill("SIGTERM");
        void ended().then((code) => {
          clearTimeout(giveUp);
          resolve(code);
        });
      }),
  };
}
