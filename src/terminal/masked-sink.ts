import { fstatSync, type Stats, writeSync } from "node:fs";
import { isErrno } from "../common/errno.ts";
import { secrets } from "../common/secrets.ts";
import type { TextSink } from "./io.ts";

/** A standard stream that remembers what was lost on the way. */
export interface MaskedSink extends TextSink {
  /** Why not everything could be written, once it is flushed. Undefined while nothing is lost that anybody would miss. */
  failure(): Error | undefined;
}

/** A sink that masks whole writes; nothing writes a secret in pieces. */
export function maskedSink(stream: NodeJS.WriteStream & { readonly fd?: number }): MaskedSink {
  let failure: Error | undefined;
  const onDisk = isOnDisk(stream.fd);
  const gone = new AbortController();
  const fail = (error: Error) => {
    // A reader that went away, or a terminal that was closed, misses nothing. And nothing is a reason to leave a build half done.
    if (!isErrno(error, "EPIPE", "ECONNRESET", ...(onDisk ? [] : ["EIO"]))) failure ??= error;
    if (isErrno(error, "EPIPE", "ECONNRESET")) gone.abort();
  };
  stream.on("error", fail);
  const write = isFile(stream.fd) ? fileWriter(stream.fd, fail) : (text: string) => void stream.write(text);
  return {
    write: (text) => write(secrets.mask(text)),
    writeExact: write,
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || 80,
    rows: () => stream.rows || 24,
    onResize: (listener) => {
      stream.on("resize", listener);
      return () => void stream.off("resize", listener);
    },
    gone: gone.signal,
    failure: () => failure,
  };
}

/**
 * Node's stream on a file takes the part that a full disk still had room for as the whole. What comes after something that
 * is lost is not written: a file that is cut off is better than one with a hole.
 */
function fileWriter(fd: number, fail: (error: Error) => void): (text: string) => void {
  let isLost = false;
  return (text) => {
    if (isLost) return;
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    } catch (error) {
      isLost = true;
      if (error instanceof Error) fail(error);
    }
  };
}

function isFile(fd: number | undefined): fd is number {
  return statsOf(fd)?.isFile() === true;
}

/** Where an input/output error is the disk's. */
function isOnDisk(fd: number | undefined): boolean {
  return isFile(fd) || statsOf(fd)?.isBlockDevice() === true;
}

function statsOf(fd: number | undefined): Stats | undefined {
  try {
    return fd === undefined ? undefined : fstatSync(fd);
  } catch {
    // It was closed by whoever started us.
    return undefined;
  }
}
