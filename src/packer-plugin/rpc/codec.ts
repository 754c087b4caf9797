import type { Readable } from "node:stream";
import { decode, encode } from "@msgpack/msgpack";
import { messageOf } from "../../common/errors.ts";
import { ProtocolError } from "../protocol-error.ts";
import { ValueSplitter } from "./value-splitter.ts";

/** Two values that belong together: header and argument, or header and result. */
export function encodePair(header: unknown, body: unknown): Buffer {
  return Buffer.concat([encode(header), encode(body)]);
}

/**
 * The values of a stream, in their order, until it ends. Reading no further holds the sender back.
 * @throws {ProtocolError} for what is no msgpack
 */
export async function* readValues(stream: Readable): AsyncGenerator<unknown> {
  const splitter = new ValueSplitter();
  // The other half of the stream is still needed when this one has ended.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    for (const bytes of splitter.push(chunk)) yield decodeValue(bytes);
  }
}

function decodeValue(bytes: Buffer): unknown {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ProtocolError(`A message cannot be read: ${messageOf(cause)}`, { cause });
  }
}
