import { appendFileSync, closeSync, openSync } from "node:fs";
import { messageOf, UsageError } from "../common/errors.ts";
import { type DebugLog, type LogEntry, noLog } from "../common/log.ts";
import { secrets } from "../common/secrets.ts";
import type { Io } from "./io.ts";
import { maskedJson } from "./masked-json.ts";

/** A debug log that somebody opened and has to close. */
export interface OpenLog extends DebugLog {
  [Symbol.dispose](): void;
}

/**
 * The debug log that the user asked for: `--log FILE`, or `PACKER_LOG` with `PACKER_LOG_PATH` or else on standard error,
 * as Packer does. Nothing otherwise.
 * @throws {UsageError} when the file cannot be written
 */
export function openDebugLog(flag: string | undefined, io: Pick<Io, "env" | "stderr">): OpenLog {
  const isWanted = !/^(|0)$/.test(io.env.PACKER_LOG ?? "");
  const path = flag ?? (isWanted ? io.env.PACKER_LOG_PATH : undefined);
  if (path) return fileLog(path);
  if (!isWanted) return { ...noLog, [Symbol.dispose]: () => undefined };
  return { write: (entry) => io.stderr.writeExact(logLine(entry, new Date())), [Symbol.dispose]: () => undefined };
}

/** Synchronous: what was done last is in the file even when the process dies of it. */
function fileLog(path: string): OpenLog {
  const fd = openLog(path);
  return {
    write: (entry) => {
      try {
        appendFileSync(fd, logLine(entry, new Date()));
      } catch {
        // A full disk must not stop a build.
      }
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function openLog(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (error) {
    throw new UsageError(`Cannot write the log "${path}": ${messageOf(error)}`);
  }
}

/** One line of the log, masked: `2026-01-02T03:04:05.678Z [api] CreateVolume 200 152 ms ...`. */
export function logLine(entry: LogEntry, now: Date): string {
  return `${now.toISOString()} [${entry.kind}] ${describe(entry)}\n`;
}

function describe(entry: LogEntry): string {
  switch (entry.kind) {
    case "api": {
      const { action, status, requestId, code, attempt, elapsedMs, request, response } = entry;
      const facts = [action, status ?? "no answer", code && `code ${code}`, requestId, `${Math.round(elapsedMs)} ms`];
      const retry = attempt > 1 ? `attempt ${attempt}` : undefined;
      const bodies = `request ${maskedJson(request)} response ${maskedJson(response)}`;
      return [secrets.mask([...facts, retry].filter(Boolean).join(" ")), bodies].join(" ");
    }
    case "command":
      return `${entry.outcome}, ${Math.round(entry.elapsedMs)} ms: ${secrets.mask(entry.line)}`;
    case "journal":
      return maskedJson(entry.entry);
    case "note":
      return secrets.mask(entry.message);
  }
}
