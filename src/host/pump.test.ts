import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { pump } from "./pump.ts";

function collect(): { stream: Writable; text: () => string } {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

describe("pump()", () => {
  it("is drained when the source is quiet, also if it never ends", async () => {
    const source = new PassThrough();
    const { stream, text } = collect();
    const pumped = pump(source, stream);
    source.write("one ");
    source.write("two");
    await pumped.drained();
    pumped.stop();
    expect(text()).toBe("one two");
    source.write("after");
    await new Promise((resolve) => setImmediate(resolve));
    expect(text()).toBe("one two");
    expect(stream.writableEnded).toBe(false);
    expect(stream.listenerCount("error") + stream.listenerCount("close") + stream.listenerCount("drain")).toBe(0);
  });

  it("waits for a slow destination before it calls the source quiet", async () => {
    const source = new PassThrough();
    const seen: string[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _encoding, done) => {
        seen.push(chunk.toString());
        setImmediate(() => setImmediate(() => setImmediate(done)));
      },
    });
    const pumped = pump(source, slow);
    for (const text of ["a", "b", "c", "d"]) source.write(text);
    await pumped.drained();
    expect(seen.join("")).toBe("abcd");
  });

  it("reads on when there is no destination, or it has failed or was closed before", async () => {
    const source = new PassThrough({ highWaterMark: 1 });
    const pumped = pump(source, undefined);
    source.end("thrown away");
    await pumped.drained();
    expect(source.readableLength).toBe(0);

    const gone = new PassThrough();
    gone.destroy();
    await new Promise((resolve) => gone.once("close", resolve));
    const before = new PassThrough({ highWaterMark: 1 });
    const first = pump(before, gone);
    for (let i = 0; i < 10; i += 1) before.write("more");
    await first.drained();
    expect(before.readableLength).toBe(0);

    const other = new PassThrough({ highWaterMark: 1 });
    const failing = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => done(new Error("full")) });
    const second = pump(other, failing);
    for (let i = 0; i < 10; i += 1) other.write("more");
    await second.drained();
    expect(other.readableLength).toBe(0);
  });
});
