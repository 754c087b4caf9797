import { FleetError } from "../../common/errors.ts";

/** The Redis of the queue has answered that it will not, or cannot. */
export class RefusalError extends FleetError {
  /** In its own words, which begin with its word for it: `OOM command not allowed...`. */
  readonly reason: string;

  constructor(reason: string) {
    super(`The queue refuses what it was asked: ${reason.replace(/\.$/, "")}`, { hint: adviceFor(reason) });
    this.reason = reason;
  }
}

const PASSWORD = "OUTSCALE_CHROOT_QUEUE_PASSWORD gives the password, and the address the user: redis://USER@HOST";
const LATER = "try again in a moment";

const ADVICE: Readonly<Record<string, string>> = {
  NOAUTH: PASSWORD,
  WRONGPASS: PASSWORD,
  NOPERM: "docs/fleet.md has the rights that its user needs",
  OOM: "it is full: give it more memory (maxmemory)",
  READONLY: "it is a replica: name its primary",
  MISCONF: "it cannot write to its own disk: its log says why",
  ...{ LOADING: LATER, MASTERDOWN: LATER, BUSY: LATER, TRYAGAIN: LATER },
  ...{ MOVED: "a Redis Cluster cannot be a queue", CROSSSLOT: "a Redis Cluster cannot be a queue" },
};

/** What can be done about an answer of Redis. */
export function adviceFor(reason: string): string | undefined {
  return ADVICE[/^[A-Z]+/.exec(reason)?.[0] ?? ""];
}
