import type { Duplex } from "node:stream";
import { secrets } from "../../common/secrets.ts";
import { failureText } from "../failure-text.ts";
import { encodePair, readValues } from "./codec.ts";
import { countOf, fieldsOf, textOf } from "./fields.ts";

/** One method: the decoded argument in, the result out. What it throws is the caller's error, text and all. */
export type RpcMethod = (argument: unknown) => unknown;

/** Methods by service and name: `Builder` and `Prepare` for `Builder.Prepare`. */
export type RpcServices = Readonly<Record<string, Readonly<Record<string, RpcMethod>>>>;

/** Finds a method by the names of its service and its own, or says in an error what is missing. */
export type FindMethod = (service: string, method: string) => RpcMethod;

/** So many calls of one stream run at a time; further ones are not read until one has ended. */
const MOST_CALLS = 64;

/**
 * Answers the calls of a stream as Go's net/rpc server does: each on its own, in whatever order they end.
 * @returns when the stream has ended and every answer is written
 * @throws {ProtocolError} for what is no call
 */
export async function serveRpc(stream: Duplex, find: FindMethod): Promise<void> {
  const running = new Set<Promise<void>>();
  try {
    let header: CallHeader | undefined;
    for await (const value of readValues(stream)) {
      if (header === undefined) {
        header = readHeader(value);
        continue;
      }
      const call = answerCall(stream, header, value, find).finally(() => running.delete(call));
      running.add(call);
      header = undefined;
      if (running.size >= MOST_CALLS) await Promise.race(running);
    }
    await Promise.all(running);
    stream.end();
  } finally {
    if (!stream.writableEnded) stream.destroy();
  }
}

/** The methods of a fixed set of services. */
export function methodsOf(services: RpcServices): FindMethod {
  return (service, method) => {
    const methods = Object.hasOwn(services, service) ? services[service] : undefined;
    if (methods === undefined) throw new Error(`rpc: can't find service ${service}.${method}`);
    const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (found === undefined) throw new Error(`rpc: can't find method ${service}.${method}`);
    return found;
  };
}

interface CallHeader {
  readonly method: string;
  readonly seq: number;
}

function readHeader(value: unknown): CallHeader {
  const { ServiceMethod, Seq } = fieldsOf(value);
  return { method: textOf(ServiceMethod), seq: countOf(Seq) };
}

/** Never rejects: what goes wrong is the answer. */
async function answerCall(
  stream: Duplex,
  { method, seq }: CallHeader,
  argument: unknown,
  find: FindMethod,
): Promise<void> {
  const answer = { ServiceMethod: method, Seq: seq, Error: "" };
  const bytes = await runCall(method, argument, find)
    .then((result) => encodePair(answer, result ?? null))
    // The caller reads a result even then, and drops it.
    .catch((error: unknown) =>
      encodePair({ ...answer, Error: secrets.mask(failureText(error)) || "unknown error" }, {}),
    );
  await written(stream, bytes);
}

async function runCall(name: string, argument: unknown, find: FindMethod): Promise<unknown> {
  const dot = name.lastIndexOf(".");
  return find(name.slice(0, Math.max(dot, 0)), name.slice(dot + 1))(argument);
}

/** Resolves when the stream has taken the answer, or has no reader any more. */
function written(stream: Duplex, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableEnded || stream.destroyed) return resolve();
    stream.once("close", resolve);
    stream.write(bytes, () => {
      stream.off("close", resolve);
      resolve();
    });
  });
}
