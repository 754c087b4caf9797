import { html, type Markup, sectionMarkup, table } from "../../report/markup.ts";
import { actionForm } from "../../web/action-form.ts";
import type { Visitor } from "../../web/guard.ts";
import type { LiveNews } from "../../web/live-stream.ts";
import { when } from "../../web/when.ts";
import type { WatchedSchedule } from "../watch/watched-schedules.ts";
import { shortened } from "./fleet-look.ts";
import { badge } from "./page-frame.ts";

/** The templates that are baked at set times, and what became of them the last time. */
export function schedulesPart(schedules: readonly WatchedSchedule[], visitor: Visitor): LiveNews & { type: "part" } {
  return { type: "part", id: "schedules", body: scheduleSection(schedules, visitor) };
}

function scheduleSection(schedules: readonly WatchedSchedule[], visitor: Visitor): Markup {
  const rows = schedules.map((schedule) => {
    const { name, queue } = schedule;
    const shown = shortened(schedule);
    const { cron, zone, next, last, until, submitter } = shown;
    return [
      shown.name,
      html`<code>${cron}</code> ${zone}`,
      next === null ? "never again" : when(next),
      last === null ? "never" : html`${when(last.due)} ${last.builds.map(lastBuild)}`,
      queue,
      submitter,
      when(until),
      actionForm(visitor, {
        ...{ id: `remove-${queue}/${name}`, action: "/schedules/remove", button: "Remove" },
        fields: { name, queue },
        question: `The schedule ${shown.name} is forgotten by the queue and by the workers. Builds that it has submitted go on.`,
      }),
    ];
  });
  const header = ["Schedule", "When", "Next (UTC)", "Last (UTC)", "Queue", "Submitted by", "Ends (UTC)", ""];
  const none = html`<p class="empty">There are no schedules: <code>outscale-chroot fleet schedule add</code> makes one.</p>`;
  const body = rows.length === 0 ? none : table("Schedules", header, rows);
  return sectionMarkup({ id: "schedule-list", title: "Templates that are baked at set times", body });
}

function lastBuild({ build, id, outcome, error }: NonNullable<WatchedSchedule["last"]>["builds"][number]): Markup {
  if (outcome === "gone") return html`${build} (forgotten) `;
  const state = outcome === "submitted" ? "" : badge(outcome);
  return html`<a href="/builds/${id}">${build}</a> ${state} ${error ?? ""} `;
}
