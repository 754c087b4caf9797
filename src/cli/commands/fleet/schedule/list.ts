import type { WatchedSchedule } from "../../../../fleet/watch/watched-schedules.ts";
import { listAction, utc } from "../list-action.ts";

export const list = listAction({
  name: "schedule list",
  key: "schedules",
  about: "Lists the schedules, the next one first, with what became of each when it was last due.",
  head: ["NAME", "QUEUE", "CRON", "ZONE", "BUILDS", "NEXT (UTC)", "LAST (UTC)", "OUTCOME"],
  none: "There are no schedules",
  read: (fleet) => fleet.schedules(),
  cells: (each) => {
    const { name, queue, cron, zone, builds, next, last } = each;
    const times = [next === null ? "never" : utc(next), last === null ? "never" : utc(last.due)];
    return [name, queue, cron, zone, builds.join(", "), ...times, outcomeText(each)];
  },
});

/** `done`, `failed: E_PROVISION`, or of several builds `2 done, 1 failed: E_PROVISION`. */
function outcomeText({ last }: WatchedSchedule): string {
  const texts = (last?.builds ?? []).map(({ outcome, error }) => (error === null ? outcome : `${outcome}: ${error}`));
  const different = [...new Set(texts)];
  if (different.length <= 1) return different[0] ?? "";
  return different.map((text) => `${texts.filter((each) => each === text).length} ${text}`).join(", ");
}
