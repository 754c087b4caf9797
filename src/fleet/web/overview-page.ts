import { html, type Markup, sectionMarkup, table } from "../../report/markup.ts";
import { actionForm } from "../../web/action-form.ts";
import type { Visitor } from "../../web/guard.ts";
import type { LiveNews } from "../../web/live-stream.ts";
import { when } from "../../web/when.ts";
import type { WatchedBuild } from "../watch/build-list.ts";
import type { FleetLook } from "./fleet-look.ts";
import { attemptsText, badge, buildLink, counted } from "./page-frame.ts";

/** More are on the page of all builds. */
const MOST_ENDED = 10;
const MOST_ROWS = 100;

/** What a screen reader is told when it changes. */
export const SUMMARY_PART = "summary";

/** The parts of the overview, each of which is replaced when there is something new in it. */
export function overviewParts(look: FleetLook, visitor: Visitor): readonly (LiveNews & { type: "part" })[] {
  return [
    { type: "part", id: SUMMARY_PART, body: summary(look) },
    { type: "part", id: "figures", body: figures(look) },
    { type: "part", id: "running", body: runningSection(look) },
    { type: "part", id: "waiting", body: waitingSection(look) },
    { type: "part", id: "workers", body: workersSection(look, visitor) },
    { type: "part", id: "ended", body: endedSection(look) },
    { type: "part", id: "queues", body: queuesSection(look) },
  ];
}

function summary({ runningCount, waitingCount, workers }: FleetLook): Markup {
  const builds = `${counted(runningCount, "build runs", "builds run")}, ${counted(waitingCount, "waits", "wait")}`;
  return html`<p>${builds}; ${counted(workers.length, "worker is", "workers are")} there.</p>`;
}

function figures({ workers, runningCount, waitingCount, ended }: FleetLook): Markup {
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  const taken = workers.reduce((sum, worker) => sum + worker.jobs.length, 0);
  const failed = ended.filter(({ state }) => state === "failed" || state === "refused").length;
  const all: readonly (readonly [string, string])[] = [
    [String(runningCount), "running"],
    [String(waitingCount), "waiting"],
    [String(workers.length), "workers"],
    [`${Math.max(0, slots - taken)} of ${slots}`, "free slots"],
    [`${failed} of ${ended.length}`, "failed lately"],
  ];
  return html`<ul class="figures">${all.map(([value, name]) => html`<li><strong>${value}</strong><span>${name}</span></li>`)}</ul>`;
}

function runningSection({ running, runningCount }: FleetLook): Markup {
  const rows = running.map((build) => [
    html`${buildLink(build)} ${badge(build.state)}`,
    build.says,
    attemptsText(build),
    build.worker ?? "",
    build.submitter,
    when(build.submittedAt),
  ]);
  const header = ["Build", "Says", "Attempts", "Worker", "Submitted by", "At (UTC)"];
  return listSection({ title: "Running", none: "No build runs.", header, rows, count: runningCount });
}

function waitingSection({ waiting, waitingCount }: FleetLook): Markup {
  const rows = waiting.map((build) => [
    buildLink(build),
    build.queue,
    build.group ?? "",
    build.priority,
    attemptsText(build),
    build.submitter,
    when(build.submittedAt),
  ]);
  const header = ["Build", "Queue", "Group", "Priority", "Attempts", "Submitted by", "At (UTC)"];
  return listSection({ title: "Waiting", none: "No build waits.", header, rows, count: waitingCount });
}

function workersSection({ workers }: FleetLook, visitor: Visitor): Markup {
  const rows = workers.map(({ id, host, queue, vmId, version, slots, jobs, isDraining }) => [
    html`<code>${id}</code>`,
    host,
    queue,
    vmId ?? "",
    version,
    `${jobs.length} of ${slots}`,
    isDraining
      ? "draining"
      : actionForm(visitor, {
          id: `drain-${id}`,
          action: `/workers/${encodeURIComponent(id)}/drain`,
          button: "Drain",
          question: "It takes no more builds, and ends when those that it has are done.",
        }),
  ]);
  const header = ["Worker", "Host", "Queue", "VM", "Version", "Slots taken", ""];
  return listSection({ title: "Workers", none: "No worker has been heard of in the last minute.", header, rows });
}

function endedSection({ ended }: FleetLook): Markup {
  const more = ended.length > MOST_ENDED ? html`<p><a id="all-builds" href="/builds">All builds</a></p>` : "";
  // One that ran for long was submitted long ago.
  const endOf = ({ endedAt, submittedAt }: WatchedBuild) => endedAt ?? submittedAt;
  const last = ended.toSorted((a, b) => endOf(b) - endOf(a));
  const rows = last.slice(0, MOST_ENDED).map(endedRow);
  return listSection({ title: "Ended lately", none: "No build has ended.", header: ENDED_HEADER, rows, more });
}

export const ENDED_HEADER = ["Build", "State", "Attempts", "OMI or error", "Worker", "Submitted by", "Submitted (UTC)"];

export function endedRow(build: WatchedBuild): readonly (string | Markup)[] {
  const { state, artifactId, error, worker, submitter, submittedAt } = build;
  const outcome = [badge(state), attemptsText(build), artifactId ?? error ?? ""];
  return [buildLink(build), ...outcome, worker ?? "", submitter, when(submittedAt)];
}

function queuesSection({ queues }: FleetLook): Markup {
  const rows = queues.map(({ queue, workers, slots, running, waiting }) => [queue, workers, slots, running, waiting]);
  const header = ["Queue", "Workers", "Slots", "Running", "Waiting"];
  const none = "There are no queues: no worker was ever there.";
  return listSection({ title: "Queues", none, header, rows, numeric: [1, 2, 3, 4] });
}

interface ListSection {
  readonly title: string;
  /** What is said where there is nothing. */
  readonly none: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number | Markup)[])[];
  /** How many there are, if not all of them are here. */
  readonly count?: number;
  readonly more?: Markup | string;
  readonly numeric?: readonly number[];
}

function listSection({ title, none, header, rows, count = rows.length, more = "", numeric }: ListSection): Markup {
  const shown = rows.slice(0, MOST_ROWS);
  const left = count > shown.length ? html`<p class="muted">and ${count - shown.length} more</p>` : "";
  const body =
    rows.length === 0
      ? html`<p class="empty">${none}</p>`
      : html`${table(title, header, shown, numeric)}${left}${more}`;
  return sectionMarkup({ id: `${title.toLowerCase().replaceAll(" ", "-")}-list`, title, body });
}
