import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A program that runs, and what it has said so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Waits until it has said this. @throws {Error} with all that it has said, when it ends before */
  says(text: string): Promise<void>;
  /** @returns its exit code, or the signal that has killed it */
  ended(): Promise<number | NodeJS.Signals | null>;
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
  return {
    child,
    output: () => output,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const isSaid = output.toLowerCase().includes(text.toLowerCase());
          if (!isSaid && !isOver) return;
          listeners.delete(look);
          if (isSaid) resolve();
          else reject(new Error(`It ended without saying "${text}":\n${output}`));
        };
        listeners.add(look);
        look();
      }),
    ended: async () => {
      await over;
      return child.exitCode ?? child.signalCode;
    },
  };
}
