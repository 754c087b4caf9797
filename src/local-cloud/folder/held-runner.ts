import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { CommandError, describeExit } from "../../host/command-error.ts";
import type { CommandRunner } from "../../host/run-command.ts";
import { shellQuote } from "../../host/shell-quote.ts";

/** Runs a program to its end. @returns its output @throws {CommandError} when it fails */
export type HeldRun = (argv: readonly string[]) => Promise<string>;

/**
 * Runs programs that hold a locked descriptor open for as long as they live. When we are killed in the middle of one,
 * the lock is free only once it has ended: whoever takes the lock next finds what it did, and nothing comes after.
 */
export function heldRunner(host: CommandRunner, descriptor: number): HeldRun {
  return async (argv) => {
    const child = await host.spawn(argv, { stdio: ["ignore", "pipe", "pipe", descriptor] });
    const [stdout, stderr, status] = await Promise.all([read(child.stdout), read(child.stderr), child.exited]);
    if (status.code === 0) return stdout;
    const message = `Command failed (${describeExit(status)}): ${shellQuote(argv)}\n${stderr.trim()}`;
    throw new CommandError(message, { argv, status, stderr });
  };
}

async function read(stream: Readable | null): Promise<string> {
  return stream === null ? "" : text(stream);
}
