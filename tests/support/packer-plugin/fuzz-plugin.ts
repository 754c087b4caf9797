import { type Duplex, duplexPair } from "node:stream";
import { encode } from "@msgpack/msgpack";
import { encodePair } from "../../../src/packer-plugin/rpc/codec.ts";
import { methodsOf, serveRpc } from "../../../src/packer-plugin/rpc/server.ts";
import { BuilderService } from "../../../src/packer-plugin/services/builder-methods.ts";
import { encodeHeader, Flag, FrameReader, FrameType } from "../../../src/packer-plugin/yamux/frame.ts";
import { openEnd, prepared } from "./fake-core.ts";

/** Where the wrong bytes come from: numbers from 0 up to a limit. */
export interface Dice {
  below(limit: number): number;
}

/** How a plugin took it: it went on and answers, or it has ended the connection. Anything else is a fault. */
export type Outcome = "answers" | "closed";

const MOST_FRAMES = 40;
const METHODS = ["ConfigSpec", "Prepare", "Run", "Cancel", "Nothing", ""];
const SERVICES = ["Builder", "Builder.X", "Ui", "", "Communicator"];

/**
 * Sends a plugin bytes that are nearly right, as no core would, and sees what it does.
 * @throws when it neither answers nor ends the connection
 */
export async function fuzzPlugin(dice: Dice): Promise<Outcome> {
  const [ours, theirs] = duplexPair();
  const { session, broker } = openEnd(ours, "server");
  const service = new BuilderService({
    broker,
    env: {},
    log: { write: () => undefined },
    configSpec: async () => Buffer.of(1),
    openEngine: () => ({ prepareRaw: () => prepared(), run: async () => undefined }),
  });
  const find = methodsOf({ Builder: service.methods() });
  broker.serve((stream) => void serveRpc(stream, find).catch(() => undefined), 0);
  const answered = answersTo(theirs);
  openMainStream(theirs);
  // Half of the runs send whole frames only, so that what is strange reaches the services behind them.
  const makeFrame = dice.below(2) === 0 ? call : strangeFrame;
  for (let left = dice.below(MOST_FRAMES); left > 0; left--) theirs.write(makeFrame(dice));
  theirs.write(encodeHeader({ type: FrameType.Ping, flags: Flag.Syn, streamId: 0, length: LAST_PING }));
  const outcome = await Promise.race([session.closed.then(() => "closed" as const), answered]);
  session.close();
  await service.abandon("The test is over");
  return outcome;
}

const LAST_PING = 0x12345678;

/** Resolves with the answer to the last ping. Where an unfinished frame swallows that, the end of the input closes. */
function answersTo(theirs: Duplex): Promise<"answers"> {
  const reader = new FrameReader();
  return new Promise((resolve) => {
    theirs.on("data", (chunk: Buffer) => {
      for (const { type, length } of reader.push(chunk)) {
        if (type === FrameType.Ping && length === LAST_PING) resolve("answers");
      }
    });
    setImmediate(() => setImmediate(() => theirs.end()));
  });
}

/** The stream that every core opens first, so that what follows reaches the services too. */
function openMainStream(theirs: Duplex): void {
  theirs.write(encodeHeader({ type: FrameType.WindowUpdate, flags: Flag.Syn, streamId: 1, length: 0 }));
  theirs.write(dataFrame(1, Buffer.alloc(4)));
}

function strangeFrame(dice: Dice): Buffer {
  const frame = pick(dice, [
    () => call(dice),
    () => anyFrame(dice),
    () => damaged(dice, call(dice)),
    () => noise(dice, 30),
  ]);
  return frame();
}

function call(dice: Dice): Buffer {
  const method = `${pick(dice, SERVICES)}.${pick(dice, METHODS)}`;
  const header = pick<unknown>(dice, [
    { ServiceMethod: method, Seq: dice.below(9) },
    { ServiceMethod: 1 },
    null,
    method,
  ]);
  return dataFrame(1, encodePair(header, anyValue(dice, 3)));
}

function anyFrame(dice: Dice): Buffer {
  const body = dice.below(2) === 0 ? noise(dice, 64) : Buffer.from(encode(anyValue(dice, 2)));
  const type = pick(dice, Object.values(FrameType));
  const length = type === FrameType.Data ? body.length : dice.below(2 ** 32);
  const header = encodeHeader({ type, flags: dice.below(16), streamId: dice.below(6), length });
  return type === FrameType.Data ? Buffer.concat([header, body]) : header;
}

function damaged(dice: Dice, bytes: Buffer): Buffer {
  for (let count = dice.below(4); count > 0; count--) bytes[dice.below(bytes.length)] = dice.below(256);
  return bytes.subarray(0, bytes.length - dice.below(3));
}

function anyValue(dice: Dice, depth: number): unknown {
  const simple = [null, true, -1, 1.5, 2 ** 40, "", "text", Buffer.of(1, 2), "<unknown>"];
  if (depth === 0 || dice.below(3) === 0) return pick<unknown>(dice, simple);
  const items = Array.from({ length: dice.below(4) }, () => anyValue(dice, depth - 1));
  if (dice.below(2) === 0) return items;
  return Object.fromEntries(
    items.map((item, index) => [pick(dice, ["Configs", "Message", "Path", `k${index}`]), item]),
  );
}

function dataFrame(streamId: number, body: Buffer): Buffer {
  return Buffer.concat([encodeHeader({ type: FrameType.Data, flags: 0, streamId, length: body.length }), body]);
}

function noise(dice: Dice, most: number): Buffer {
  return Buffer.from(Array.from({ length: dice.below(most) }, () => dice.below(256)));
}

function pick<Item>(dice: Dice, items: readonly Item[]): Item {
  return items[dice.below(items.length)] as Item;
}
