import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { secrets } from "../common/secrets.ts";
import { maskedSink } from "./masked-sink.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "masked-sink-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const streamOf = (fd?: number) => Object.assign(new PassThrough(), { fd }) as never as NodeJS.WriteStream;

describe("maskedSink()", () => {
  it("masks what is written, and writes what is exact as it is", () => {
    secrets.add("SKMASKEDSINK");
    const stream = streamOf();
    const sink = maskedSink(stream);
    sink.write("a SKMASKEDSINK\n");
    sink.writeExact("b SKMASKEDSINK\n");
    expect(String(stream.read())).toBe("a <sensitive>\nb SKMASKEDSINK\n");
  });

  it.each([
    ["EPIPE", false],
    ["ECONNRESET", false],
    ["EIO", false],
    ["ENOSPC", true],
    ["EFBIG", true],
  ])("after %s says whether something is lost that somebody would miss: %s", (code, isMissed) => {
    const stream = streamOf();
    const sink = maskedSink(stream);
    const error = Object.assign(new Error(`${code}: no`), { code });
    stream.emit("error", error);
    expect(sink.failure()).toBe(isMissed ? error : undefined);
  });

  it("writes to a file, whole and in order, what is written to it", () => {
    const fd = openSync(join(folder, "out"), "w");
    const sink = maskedSink(streamOf(fd));
    sink.write("é\n");
    sink.writeExact("second\n");
    closeSync(fd);
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("é\nsecond\n");
    expect(sink.failure()).toBeUndefined();
  });

  it("misses what a disk could not take, with the error by which a terminal says that it was closed", () => {
    const fd = openSync(join(folder, "out"), "w");
    const stream = streamOf(fd);
    const sink = maskedSink(stream);
    const error = Object.assign(new Error("EIO: i/o error, write"), { code: "EIO" });
    stream.emit("error", error);
    closeSync(fd);
    expect(sink.failure()).toBe(error);
  });

  it("remembers why a file could not be written", () => {
    const fd = openSync(join(folder, "out"), "wx");
    closeSync(fd);
    const reading = openSync(join(folder, "out"), "r");
    const sink = maskedSink(streamOf(reading));
    sink.write("lost");
    expect(sink.failure()).toMatchObject({ code: "EBADF" });
    closeSync(reading);
  });
});
