import { FleetError } from "../../common/errors.ts";

/** The Redis of the queue has answered that it will not, or cannot. */
export class RefusalError extends FleetError {
  /** In its own words, which begin with its word for it: `OOM command not allowed...`. */
  readonly reason: string;

  /** Whether it may well take the same later, as it is: with more memory, a disk that works again, another primary. */
  get isPassing(): boolean {
    return PASSING.test(this.reason);
  }

  constructor(reason: string) {
    super(`The queue refuses what it was asked: ${reason.replace(/\.$/, "")}`, { hint: adviceFor(reason) });
    this.reason = reason;
  }
}

/** Before Redis 7 a script's answer has its word for it in the middle: `ERR Error running script (...): -OOM command...`. */
const PASSING = /(^|-)(OOM|MISCONF|NOREPLICAS|READONLY|LOADING|MASTERDOWN|BUSY|TRYAGAIN) /;

const PASSWORD = "OUTSCALE_CHROOT_QUEUE_PASSWORD gives the password, and the address the user: redis://USER@HOST";
const LATER = "try again in a moment";

const ADVICE: Readonly<Record<string, string>> = {
  NOAUTH: PASSWORD,
  WRONGPASS: PASSWORD,
  NOPERM: "docs/fleet.md has the rights that its user needs",
  OOM: "it is full: give it more memory (maxmemory)",
  READONLY: "it is a replica: name its primary",
  NOREPLICAS: "it takes nothing while too few of its replicas are there",
  MISCONF: "it cannot write to its own disk: its log says why",
  ...{ LOADING: LATER, MASTERDOWN: LATER, BUSY: LATER, TRYAGAIN: LATER },
  ...{ MOVED: "a Redis Cluster cannot be a queue", CROSSSLOT: "a Redis Cluster cannot be a queue" },
};

/** What can be done about an answer of Redis. */
export function adviceFor(reason: string): string | undefined {
  return ADVICE[/^[A-Z]+/.exec(reason)?.[0] ?? ""];
}

/** Whether the queue has refused for a reason that passes. */
export function isPassingRefusal(error: unknown): error is RefusalError {
  return error instanceof RefusalError && error.isPassing;
}
