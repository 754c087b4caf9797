import { EventEmitter } from "node:events";
import type { FleetQueue } from "../../../src/fleet/queue/fleet-queue.ts";

/** A queue on which a build waits for ever, and which says nothing any more from some question on. */
export interface SilentQueue {
  readonly queue: FleetQueue;
  /** What it was asked, in order. */
  readonly asked: readonly string[];
  /** Comes when it is asked what it does not answer. */
  readonly isSilent: Promise<void>;
  /** As a connection to Redis tells of itself. */
  readonly connection: EventEmitter;
}

/** @param answers How many questions it answers */
export function silentQueue(answers: number): SilentQueue {
  const asked: string[] = [];
  let onSilence: () => void = () => undefined;
  const isSilent = new Promise<void>((resolve) => {
    onSilence = resolve;
  });
  const answer = <Value>(name: string, value: Value): Promise<Value> => {
    asked.push(name);
    if (asked.length <= answers) return Promise.resolve(value);
    onSilence();
    return new Promise(() => undefined);
  };
  const connection = Object.assign(new EventEmitter(), {
    subscribe: () => answer("subscribe", 1),
    unsubscribe: () => Promise.resolve(),
    disconnect: () => undefined,
    duplicate: () => connection,
    xrange: () => answer("xrange", []),
  });
  const job = { getState: () => answer("state", "active") };
  const queue = {
    ...{ name: "1.eu-west-2", redis: connection, keyOf: (kind: string) => kind },
    jobs: { getJob: () => answer("job", job), getJobState: () => answer("standing", "active") },
    submit: () => answer("submit", undefined),
    readWorkers: () => answer("workers", [{ jobs: [] }]),
    readResult: () => answer("result", undefined),
    tell: () => Promise.resolve(),
  };
  return { queue: queue as unknown as FleetQueue, asked, isSilent, connection };
}
