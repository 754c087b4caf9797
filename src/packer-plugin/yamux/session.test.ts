import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type Duplex, duplexPair, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { captured } from "../../../tests/support/packer-plugin/fake-core.ts";
import { encodeHeader, Flag, type Frame, FrameReader, FrameType } from "./frame.ts";
import { YamuxSession } from "./session.ts";
import type { YamuxStream } from "./stream.ts";

const sessions: YamuxSession[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.close();
  vi.useRealTimers();
});

function open(socket: Duplex, side: "client" | "server", pingEveryMs = 10_000) {
  const streams: YamuxStream[] = [];
  const session = new YamuxSession(socket, { side, pingEveryMs, onStream: (stream) => streams.push(stream) });
  sessions.push(session);
  return { session, streams };
}

function pair() {
  const [left, right] = duplexPair();
  return { client: open(left, "client"), server: open(right, "server") };
}

/** One session of ours, and the other end as bare frames. */
function withPeer(pingEveryMs?: number) {
  const [ours, peer] = duplexPair();
  const frames: Frame[] = [];
  const reader = new FrameReader();
  peer.on("data", (chunk: Buffer) => frames.push(...reader.push(chunk)));
  const send = (header: Omit<Frame, "body">, body = Buffer.alloc(0)) =>
    void peer.write(Buffer.concat([encodeHeader(header), body]));
  return { ...open(ours, "server", pingEveryMs), peer, frames, send };
}

/** `once()` of node:events would fail on the error before. */
const closeOf = (stream: YamuxStream | undefined) => new Promise((resolve) => stream?.once("close", resolve));
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("YamuxSession", () => {
  it("carries bytes both ways at once, on several streams", async () => {
    const { client, server } = pair();
    const contents = [1, 2, 3].map(() => randomBytes(700_000));
    const out = contents.map(() => client.session.open());
    await expect.poll(() => server.streams).toHaveLength(3);
    const echoed = server.streams.map((stream) => pipeline(stream, stream));
    const sent = out.map((stream, index) => pipeline(Readable.from([contents[index]]), stream));
    const answers = await Promise.all(out.map((stream) => buffer(stream)));
    expect(answers.every((answer, index) => contents[index]?.equals(answer))).toBe(true);
    await Promise.all([...echoed, ...sent]);
  });

  it("numbers its streams oddly as client and evenly as server", () => {
    const { client, server } = pair();
    expect([client.session.open().id, client.session.open().id]).toEqual([1, 3]);
    expect([server.session.open().id, server.session.open().id]).toEqual([2, 4]);
  });

  it("half-closes: the other direction goes on", async () => {
    const { client, server } = pair();
    const stream = client.session.open();
    stream.end("question");
    await expect.poll(() => server.streams).toHaveLength(1);
    const [other] = server.streams as [YamuxStream];
    expect(await text(other.iterator({ destroyOnReturn: false }))).toBe("question");
    other.end("answer");
    expect(await text(stream)).toBe("answer");
  });

  it("stops at 256 KiB until the reader has read", async () => {
    const { send, streams, frames, session } = withPeer();
    const stream = session.open();
    stream.write(Buffer.alloc(300_000));
    await settled();
    const bytes = () => frames.reduce((sum, { body }) => sum + body.length, 0);
    expect(bytes()).toBe(262_144);
    send({ type: FrameType.WindowUpdate, flags: 0, streamId: stream.id, length: 1_000 });
    await settled();
    expect(bytes()).toBe(263_144);
    expect(streams).toEqual([]);
  });

  it("gives a window back when half of it has been read, and not before", async () => {
    const { send, streams, frames } = withPeer();
    send({ type: FrameType.WindowUpdate, flags: Flag.Syn, streamId: 1, length: 0 });
    for (let count = 0; count < 4; count++) {
      send({ type: FrameType.Data, flags: 0, streamId: 1, length: 65_536 }, Buffer.alloc(65_536));
    }
    await settled();
    const updates = () => frames.filter(({ flags }) => flags === 0).map(({ length }) => length);
    expect(updates()).toEqual([]);
    streams[0]?.resume();
    await settled();
    expect(updates()).toEqual([131_072, 131_072]);
  });

  it("ends the session when a sender exceeds its window", async () => {
    const { send, session } = withPeer();
    send({ type: FrameType.WindowUpdate, flags: Flag.Syn, streamId: 1, length: 0 });
    for (const size of [262_144, 1]) {
      send({ type: FrameType.Data, flags: 0, streamId: 1, length: size }, Buffer.alloc(size));
    }
    expect(await session.closed).toMatchObject({ message: "Stream 1 exceeded its window" });
  });

  it("answers the start of a stream and a ping as captured", async () => {
    const [ours, peer] = duplexPair();
    open(ours, "server");
    peer.write(captured("00 01 0001 00000001 00000000"));
    peer.write(captured("00 02 0001 00000000 00000001"));
    await settled();
    expect(peer.read()).toEqual(captured("00 01 0002 00000001 00000000 00 02 0002 00000000 00000001"));
  });

  it("ends a stream that the other side resets, and leaves the others alone", async () => {
    const { client, server } = pair();
    const [first, second] = [client.session.open(), client.session.open()];
    await expect.poll(() => server.streams).toHaveLength(2);
    first.destroy();
    await closeOf(server.streams[0]);
    expect(server.streams[0]?.errored?.message).toContain("reset");
    second.write("still here");
    const [chunk] = await once(server.streams[1] as YamuxStream, "data");
    expect(String(chunk)).toBe("still here");
  });

  it("fails every stream when the connection goes", async () => {
    const { session, peer } = withPeer();
    const stream = session.open();
    peer.end();
    await closeOf(stream);
    expect(stream.errored?.message).toMatch(/connection was closed/);
    expect(await session.closed).toBeInstanceOf(Error);
  });

  it("ends when the other side has been silent for several pings", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { session, frames } = withPeer(1_000);
    for (let second = 0; second < 7; second++) {
      vi.advanceTimersByTime(1_000);
      await settled();
    }
    expect(await session.closed).toMatchObject({ message: "The other side is silent" });
    expect(frames.filter(({ type }) => type === FrameType.Ping)).toHaveLength(6);
  });

  it("resets streams beyond the two hundred and fifty-sixth", async () => {
    const { send, streams, frames } = withPeer();
    for (let id = 1; id <= 2 * 257; id += 2)
      send({ type: FrameType.WindowUpdate, flags: Flag.Syn, streamId: id, length: 0 });
    await settled();
    expect(streams).toHaveLength(256);
    expect(frames.at(-1)).toMatchObject({ flags: Flag.Rst, streamId: 513 });
  });

  it.each([
    ["the number 0", 0],
    ["a number of ours", 2],
  ])("refuses a stream with %s", async (_, streamId) => {
    const { send, session } = withPeer();
    send({ type: FrameType.WindowUpdate, flags: Flag.Syn, streamId, length: 0 });
    expect(await session.closed).toMatchObject({ message: `Stream ${streamId} cannot be opened` });
  });
});
