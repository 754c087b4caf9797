import type { Redis } from "ioredis";
import type { RedisAddress } from "../queue/address.ts";
import { connect } from "../queue/connection.ts";

/** What a worker asks its queue by. */
export interface Connections extends Disposable {
  readonly redis: Redis;
  /** On which it waits for what submitters wish: nothing else is answered there meanwhile. */
  readonly blocking: Redis;
}

/**
 * Makes both connections of a worker, or none.
 * @param onTrouble Told when the first is lost, and when it is there again
 * @throws {FleetError} when one of them cannot be made
 */
export async function connectTwice(address: RedisAddress, onTrouble: (message: string) => void): Promise<Connections> {
  const redis = await connect(address, onTrouble);
  try {
    const blocking = await connect(address);
    return {
      ...{ redis, blocking },
      [Symbol.dispose]: () => {
        blocking.disconnect();
        redis.disconnect();
      },
    };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}
