import { UsageError } from "../../common/errors.ts";

/** Whose builds they are: one account in one region, and of its workers perhaps only those with a label. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
  readonly label: string | undefined;
}

/** Every key of ours in Redis begins with it, and so does every key of the queues. */
export const KEY_PREFIX = "outscale-chroot";

/** The name of a place's queue: `123456789012.eu-west-2`, or `123456789012.eu-west-2.arm`. */
export function queueOf({ accountId, region, label }: Place): string {
  return [accountId, region, ...(label === undefined ? [] : [label])].join(".");
}

/** The place of a queue's name; undefined when it is none of ours. */
export function placeOf(queue: string): Place | undefined {
  const [, accountId, region, label] = /^([0-9]+)\.([a-z0-9-]+)(?:\.([a-z0-9-]+))?$/.exec(queue) ?? [];
  return accountId === undefined || region === undefined ? undefined : { accountId, region, label };
}

/** A name of the fleet's, such as a label. @throws {UsageError} when it is none */
export function checkName<Name extends string | undefined>(flag: string, name: Name): Name {
  if (name === undefined || /^[a-z0-9-]{1,40}$/.test(name)) return name;
  throw new UsageError(`-${flag} must have 1 to 40 small letters, digits and hyphens, not "${name}"`);
}
