import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { Random } from "../suite/random.ts";
import { type Caller, signedHeaders } from "./signed-call.ts";

/** How a connection ended: with an answer, closed by the server without one, or left by us in the middle. */
export type Outcome = "answered" | "closed" | "left";

/** One connection's worth of bytes, and how they are sent. */
interface Attack {
  readonly chunks: readonly Buffer[];
  /** `wait` for what comes back; `half-close` our side first; `leave` at once, whatever is on its way. */
  readonly ending: "wait" | "half-close" | "leave";
}

const ACTIONS = [
  "ReadVms",
  "ReadImages",
  "CreateVolume",
  "CreateTags",
  "CreateImage",
  "ReadRegions",
  "NoSuchAction",
  "",
];
const PATHS = [
  "/",
  "/api/v1/",
  "/latest/meta-data/",
  "/_control/status",
  "/health",
  "*",
  "/%",
  "//api//latest//ReadVms",
];

/**
 * One connection that no client would make: malformed, huge, slow, half-closed or pipelined.
 * @returns how it ended; it never resolves when the server hangs
 */
export async function fuzzLocalCloud(random: Random, caller: Caller): Promise<Outcome> {
  const { chunks, ending } = attack(random, caller);
  const url = new URL(caller.endpoint);
  const socket = connect({ host: url.hostname, port: Number(url.port), allowHalfOpen: true });
  const ended = endOf(socket);
  for (const chunk of chunks) {
    if (socket.destroyed) break;
    socket.write(chunk);
    if (chunks.length > 1) await setImmediate();
  }
  if (ending === "half-close") socket.end();
  if (ending === "leave") socket.destroy();
  return (await ended) ? "answered" : ending === "leave" ? "left" : "closed";
}

/** Resolves at the first bytes of an answer (true), or when the connection has ended without any (false). */
function endOf(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("end", () => socket.destroy());
    socket.once("error", () => socket.destroy());
    socket.once("close", () => resolve(false));
  });
}

function attack(random: Random, caller: Caller): Attack {
  const kinds: readonly [() => Attack, ...(() => Attack)[]] = [
    () => ({ chunks: [noise(random, 200)], ending: "half-close" }),
    () => ({ chunks: [damaged(random, request(random, caller))], ending: "half-close" }),
    () => ({ chunks: [request(random, caller)], ending: random.pick(["wait", "half-close", "leave"]) }),
    () => ({ chunks: pieces(random, request(random, caller)), ending: random.pick(["wait", "half-close", "leave"]) }),
    () => ({ chunks: [pipeline(random, caller)], ending: random.pick(["wait", "half-close", "leave"]) }),
    () => ({ chunks: [hugeRequest(random)], ending: random.pick(["wait", "leave"]) }),
    () => ({ chunks: [cutShort(random, request(random, caller))], ending: random.pick(["half-close", "leave"]) }),
    () => ({ chunks: [strangePath(random)], ending: "wait" }),
  ];
  return random.pick(kinds)();
}

/** A well-signed request whose body is anything. */
function request(random: Random, caller: Caller): Buffer {
  const action = random.pick(ACTIONS as [string, ...string[]]);
  const url = new URL(`${caller.endpoint}/${action}`);
  const body = anyBody(random);
  const headers = { ...signedHeaders(caller, url, body), host: url.host };
  return message("POST", url.pathname, { ...headers, "content-length": String(Buffer.byteLength(body)) }, body);
}

function anyBody(random: Random): string {
  const bodies: readonly [() => string, ...(() => string)[]] = [
    () => "",
    () => "{",
    () => "[".repeat(random.below(20_000)),
    () => `{"Filters":`.repeat(random.below(2_000)),
    () => JSON.stringify({ Filters: { ImageNames: [`${"*a".repeat(random.below(60))}b`], AccountIds: null } }),
    () => JSON.stringify({ Filters: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`F${n}`, n])) }),
    () => JSON.stringify({ __proto__: null, constructor: 1, Size: -1, SubregionName: "x".repeat(random.below(9_000)) }),
    () =>
      JSON.stringify({ ResourceIds: Array(random.below(5_000)).fill("ami-00000000"), Tags: [{ Key: "", Value: 1 }] }),
    () => JSON.stringify({ Size: 1e308, VmId: "i-\u0000", DryRun: "yes", NextPageToken: "e30=", ResultsPerPage: 0 }),
  ];
  return random.pick(bodies)();
}

/** More than the server reads: announced, or sent in chunks. */
function hugeRequest(random: Random): Buffer {
  const path = `/api/v1/${random.pick(["ReadVms", "NoSuchAction"])}`;
  if (random.below(2) === 0) {
    return message("POST", path, { host: "x", "content-length": String(1_048_577 + random.below(10)) }, "x".repeat(99));
  }
  const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
  return message("POST", path, { host: "x", "transfer-encoding": "chunked" }, chunk.repeat(9 + random.below(32)));
}

function strangePath(random: Random): Buffer {
  const path =
    random.pick(PATHS as [string, ...string[]]) + random.pick(["", "constructor", "%zz", "%2e%2e/", "a".repeat(2_000)]);
  const method = random.pick(["GET", "POST", "OPTIONS", "HEAD", "PUT", "CONNECT", "PRI"]);
  const expect: Record<string, string> = random.below(4) === 0 ? { expect: "100-continue" } : {};
  const headers = {
    host: "x",
    connection: "close",
    authorization: random.pick(["", "Bearer x", "AWS4-HMAC-SHA256 x"]),
  };
  return message(method, path, { ...headers, ...expect }, "");
}

function pipeline(random: Random, caller: Caller): Buffer {
  const first = request(random, caller);
  return Buffer.concat([...Array.from({ length: random.below(30) }, () => request(random, caller)), first]);
}

function message(method: string, path: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

function damaged(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = 1 + random.below(4); count > 0; count--) copy[random.below(copy.length)] = random.below(256);
  return copy;
}

function cutShort(random: Random, bytes: Buffer): Buffer {
  return bytes.subarray(0, random.below(bytes.length));
}

function pieces(random: Random, bytes: Buffer): Buffer[] {
  const size = 1 + Math.floor(bytes.length / (1 + random.below(20)));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}

function noise(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.below(most) }, () => random.below(256)));
}
