import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { CancelledError } from "../common/errors.ts";
import { LineReader } from "./line-reader.ts";

describe("LineReader", () => {
  it("keeps what came along with an answer for the next question", async () => {
    const stream = new PassThrough();
    const reader = new LineReader(stream);
    stream.write("one\r\ntwo\nthr");
    expect(await reader.next()).toBe("one");
    expect(await reader.next()).toBe("two");
    const third = reader.next();
    stream.end("ee");
    expect(await third).toBe("three");
    await expect(reader.next()).rejects.toThrow("nobody can answer");
  });

  it("answers questions in their order", async () => {
    const stream = new PassThrough();
    const reader = new LineReader(stream);
    const answers = Promise.all([reader.next(), reader.next()]);
    stream.write("first\n");
    stream.write("second\n");
    expect(await answers).toEqual(["first", "second"]);
  });

  it("puts letters together that come in pieces", async () => {
    const stream = new PassThrough();
    const [head, tail] = [Buffer.from("é\n").subarray(0, 1), Buffer.from("é\n").subarray(1)];
    const answer = new LineReader(stream).next();
    stream.write(head);
    stream.write(tail);
    expect(await answer).toBe("é");
  });

  it("stops waiting when the signal fires, and loses nothing of it", async () => {
    const stream = new PassThrough();
    const reader = new LineReader(stream);
    const controller = new AbortController();
    const answer = reader.next(controller.signal);
    await new Promise(setImmediate); // until it waits
    controller.abort();
    await expect(answer).rejects.toThrow(CancelledError);
    expect(stream.isPaused()).toBe(true);
    stream.write("later\n");
    expect(await reader.next()).toBe("later");
  });
});
