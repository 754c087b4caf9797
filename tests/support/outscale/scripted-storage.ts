import { expect } from "vitest";
import type { LogEntry } from "../../../src/common/log.ts";
import { createObjectStorage } from "../../../src/outscale/object-storage/object-storage.ts";
import type { StorageOptions, StorageRetry } from "../../../src/outscale/object-storage/storage-connection.ts";
import { FakeClock } from "./fake-clock.ts";
import { type Reply, ScriptedServer } from "./scripted-server.ts";

export const keys = { accessKey: "AKEXAMPLE0123456789A", secretKey: "SKEXAMPLE0123456789ABCDEFGHIJKLMNOPQRSTU" };
export const place = { bucket: "images", key: "a folder/web ü.qcow2.gz" };

export function storageAt(port: number, options: Partial<StorageOptions> = {}) {
  const storageEndpoint = `http://127.0.0.1:${port}`;
  const access = { ...keys, endpoint: "", region: "eu-west-2", insecureSkipTlsVerify: false, storageEndpoint };
  return createObjectStorage({ access, env: {}, random: () => 1, ...options });
}

/** A client of the object storage, and a server that gives it these replies. */
export async function connect(replies: readonly Reply[], options: Partial<StorageOptions> = {}) {
  const server = await ScriptedServer.start(replies);
  const clock = new FakeClock();
  const log: LogEntry[] = [];
  const retries: StorageRetry[] = [];
  const storage = storageAt(server.port, {
    clock,
    log: { write: (entry) => log.push(entry) },
    onRetry: (retry) => retries.push(retry),
    ...options,
  });
  const close = async () => {
    await storage[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  const asked = () => server.requests.map(({ method, url }) => `${method} ${url}`);
  return { server, clock, log, retries, storage, asked, [Symbol.asyncDispose]: close };
}

export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail("it should have failed"),
    (error: unknown) => error,
  );
}

export const refused = (status: number, code: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message><RequestId>R1</RequestId></Error>`,
});
