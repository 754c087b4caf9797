import * as z from "zod";
import type { LoggedRequest } from "../http/request-log.ts";
import type { Status } from "../status.ts";

/** What only a running server can do. */
export interface ServerControl {
  /** @throws {LocalCloudError} when the server ends with something else */
  requestStop(): void;
  reset(): Promise<Status>;
  /** The calls from a number on; it waits for one when there is none. Without a number it gives that of the next call. */
  callsSince(number: number | undefined): Promise<Calls>;
}

export interface Calls {
  readonly calls: readonly LoggedRequest[];
  readonly next: number;
}

const nothing = z.strictObject({});

export const serverArguments = {
  stop: nothing,
  reset: nothing,
  calls: z.strictObject({ since: z.int().nonnegative().optional() }),
} as const;

export type ServerOperation = keyof typeof serverArguments;
export type ServerArgumentsOf<O extends ServerOperation> = z.infer<(typeof serverArguments)[O]>;

export interface ServerResults {
  readonly stop: Readonly<Record<string, never>>;
  readonly reset: Status;
  readonly calls: Calls;
}

type Operations = {
  readonly [O in ServerOperation]: (
    server: ServerControl,
    given: ServerArgumentsOf<O>,
  ) => ServerResults[O] | Promise<ServerResults[O]>;
};

export const serverOperations: Operations = {
  stop: (server) => {
    server.requestStop();
    return {};
  },
  reset: (server) => server.reset(),
  calls: (server, { since }) => server.callsSince(since),
};
