import type { RunContext } from "./run-context.ts";
import { RunTags } from "./run-tags.ts";
import { Scope } from "./scope.ts";
import type { Session } from "./session.ts";

/** Everything that the steps of one build share: its configuration, the cloud, the machine, and how it speaks. */
export interface Build extends Session, RunContext {
  readonly runTags: RunTags;
  /** A new part of the build, inside those that are open. It is released with `await using`. */
  scope(name: string, options: { readonly onFailure: "throw" | "warn" }): Scope;
  /** This moment: what is acquired from now on can be taken back to it, when a step is tried again. */
  mark(): readonly { readonly scope: Scope; readonly size: number }[];
  /**
   * A token that no call of the run has had: the service answers with what it has made for one, also when that was deleted
   * since, as by a step that is tried again, or when a run is resumed.
   * @param what What is made
   */
  newClientToken(what: "volume" | "snapshot"): string;
  /** Warns the person and the programs that listen. */
  warn(message: string): void;
}

/** A session whose account is known and whose journal is open: from here on something may be made. */
export function startBuild(
  session: Session,
  { accountId, journal, waiters }: Pick<RunContext, "accountId" | "journal" | "waiters">,
): Build {
  const scopes: Scope[] = [];
  const tries = new Map<string, number>();
  const warn = (message: string) => {
    session.ui.warn(message);
    session.emit({ type: "warning", message });
  };
  const context: RunContext & Session = {
    ...session,
    accountId,
    journal,
    waiters,
    deviceFolder: session.config.deviceFolder,
  };
  return {
    ...context,
    runTags: new RunTags(context, warn),
    scope: (name, options) => {
      const scope = new Scope(name, context, options);
      scopes.push(scope);
      return scope;
    },
    mark: () => scopes.map((scope) => ({ scope, size: scope.size })),
    newClientToken: (what) => {
      const { runId, resumed } = session;
      const number = (tries.get(what) ?? 0) + 1;
      tries.set(what, number);
      const parts = ["outscale-chroot", runId, what, ...(resumed ? [resumed.lastSeq] : [])];
      return [...parts, ...(number > 1 ? [`try${number}`] : [])].join("-");
    },
    warn,
  };
}
