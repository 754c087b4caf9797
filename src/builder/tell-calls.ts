import type { Clock } from "../common/clock.ts";
import type { DebugLog } from "../common/log.ts";
import type { EventSink } from "./events.ts";

/** The debug log, with an event for every call of the API that is written to it. */
export function tellCalls(log: DebugLog, clock: Clock, emit: EventSink): DebugLog {
  return {
    write(entry) {
      log.write(entry);
      if (entry.kind !== "api") return;
      const { action, attempt, elapsedMs, status, requestId, code: errorCode } = entry;
      emit({ type: "api-call", action, attempt, at: clock.now(), elapsedMs, status, requestId, errorCode });
    },
  };
}
