import { createObjectStorage, type ObjectStorage } from "../../../src/outscale/object-storage/object-storage.ts";
import type { StorageOptions } from "../../../src/outscale/object-storage/storage-connection.ts";
import type { Caller } from "./signed-call.ts";

/** The object storage of a local cloud, as an account of it sees it. A failed request is not sent again. */
export function storageOf(
  { endpoint, accessKey, secretKey, region = "eu-west-2" }: Caller,
  options: Partial<StorageOptions> = {},
): ObjectStorage {
  const storageEndpoint = new URL(endpoint).origin;
  const access = { endpoint, storageEndpoint, accessKey, secretKey, region, insecureSkipTlsVerify: false };
  return createObjectStorage({ access, env: {}, retry: { attempts: 1 }, ...options });
}

/** Everything that an iterable gives. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
