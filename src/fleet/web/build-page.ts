import { type RunRecord, runRecordSchema } from "../../history/run-record.ts";
import { LOG_LIST, logItem, logSection } from "../../report/log.ts";
import { contentsMarkup, html, type Markup, type Section, sectionMarkup } from "../../report/markup.ts";
import { runSections } from "../../report/run-report.ts";
import { timelineSection } from "../../report/timeline.ts";
import { actionForm } from "../../web/action-form.ts";
import type { Visitor } from "../../web/guard.ts";
import type { LiveNews } from "../../web/live-stream.ts";
import { announced, part } from "../../web/page.ts";
import type { Stale } from "../../web/stale.ts";
import { when } from "../../web/when.ts";
import type { SentResult } from "../queue/messages.ts";
import type { FoundJob } from "../watch/fleet-watch.ts";
import type { BuildStanding } from "./live-builds.ts";
import type { LiveRun } from "./live-run.ts";
import { attemptsText, badge, type FleetPage, notice } from "./page-frame.ts";
import { newPress, PRESS_FIELD } from "./retry-press.ts";

/** What is known of one build. */
export interface ShownBuild extends Omit<BuildStanding, "at"> {
  readonly found: FoundJob;
  readonly run: LiveRun;
  readonly stale: Stale | undefined;
  readonly now: number;
}

/** A build that goes on: what it does now, its timeline as far as it is, and its log. */
export function runningPage(build: ShownBuild, visitor: Visitor, said: string | undefined): FleetPage {
  const { id, build: name } = build.found.job;
  const { from, lines } = build.run.linesFrom(0);
  const cancel = actionForm(visitor, {
    id: "cancel",
    action: `/builds/${id}/cancel`,
    button: "Cancel",
    question: "The build stops at its next safe point, and everything of it is taken down.",
  });
  const places = runningParts(build).map((each) => {
    return each.id === "state" ? announced(each.id, each.body) : part(each.id, each.body);
  });
  const [state, facts, ...others] = places;
  const body = html`${notice(said)}
<div class="actions">${cancel}</div>
${others}
${sectionMarkup(logSection(lines, from))}
${facts}`;
  return {
    title: name,
    here: "/builds",
    heading: html`<h1>${name}</h1>${state}`,
    body,
    stream: `/builds/${id}/events`,
    stale: build.stale,
  };
}

/** The parts of a build's page that change. */
export function runningParts(build: ShownBuild): readonly (LiveNews & { type: "part" })[] {
  const { run, state, now } = build;
  const drawn = run.drawn(now);
  return [
    { type: "part", id: "state", body: html`<p>${badge(state)} ${stepText(run)}</p>` },
    { type: "part", id: "facts-now", body: factsOf(build) },
    { type: "part", id: "now", body: nowText(build) },
    {
      type: "part",
      id: "timeline-now",
      body: drawn.phases.length === 0 ? "" : sectionMarkup(timelineSection(drawn)),
    },
  ];
}

/** The lines that a page does not have yet. */
export function newLines(run: LiveRun, after: number): LiveNews & { type: "items" } {
  const { from, lines } = run.linesFrom(after);
  return { type: "items", list: LOG_LIST, from, items: lines.map(logItem) };
}

/** A build that has ended: its report, or what there is when it never came to be a run. */
export function endedPage(build: ShownBuild, visitor: Visitor, said: string | undefined): FleetPage {
  const { result, state, stale } = build;
  const { id, build: name } = build.found.job;
  const sections = sectionsOf(build);
  const retry = actionForm(visitor, {
    ...{ id: "retry", action: `/builds/${id}/retry`, button: "Submit again" },
    fields: { [PRESS_FIELD]: newPress() },
  });
  const body = html`${notice(said)}${result === undefined ? (lossOf(state) ?? "") : failure(result)}
<div class="actions">${retry}</div>
${sections.map(sectionMarkup)}
${factsOf(build)}`;
  const heading = html`<h1>${name} ${badge(state)}</h1>${sections.length > 0 ? contentsMarkup(sections) : ""}`;
  // Nothing changes in it but whether the queue can be reached.
  const stream = stale === undefined ? undefined : "/reach";
  const isGone = state === "forgotten";
  return { title: `${name}: ${state}`, here: "/builds", heading, body, stale, stream, isGone };
}

function sectionsOf({ run, now, result }: ShownBuild): readonly Section[] {
  const record = recordOf(result);
  if (record !== undefined) return runSections(record);
  const { from, lines } = run.linesFrom(0);
  const drawn = run.drawn(now);
  return [
    ...(drawn.phases.length > 0 ? [timelineSection(drawn)] : []),
    ...(lines.length > 0 ? [logSection(lines, from)] : []),
  ];
}

/** Undefined when there is none, or another version has made it. */
function recordOf(result: SentResult | undefined): RunRecord | undefined {
  const parsed = runRecordSchema.safeParse(result?.record);
  return parsed.success ? parsed.data : undefined;
}

function factsOf({ found: { job, queue }, worker, attempts }: ShownBuild): Markup {
  const { id, submitter, submittedAt, template, standing, settings } = job;
  const facts: readonly (readonly [string, string | Markup | null])[] = [
    ["Id", html`<code>${id}</code>`],
    ["Queue", queue.name],
    ["Worker", worker],
    ["Attempts", attemptsText({ attempts, mostAttempts: settings.retries.most + 1 })],
    ["Submitted", html`${when(submittedAt)} UTC, by ${submitter}`],
    ["Group", standing.group],
    ["Priority", standing.priority],
    ["Template", template.path],
  ];
  return sectionMarkup({
    id: "facts",
    title: "Build",
    body: html`<dl class="facts">${facts.map(([term, text]) => (text === null ? "" : html`<dt>${term}</dt><dd>${text}</dd>`))}</dl>`,
  });
}

function stepText({ current }: LiveRun): Markup | string {
  return current === undefined
    ? ""
    : html`<strong>${current.step}</strong>, step ${current.number} of ${current.count}`;
}

const LOST: Partial<Record<BuildStanding["state"], string>> = {
  forgotten: "The queue does not know this build any more: it has lost its data, or has forgotten what ended long ago.",
  refused: "No worker would take this build. Why is in the worker's own log.",
};

/** Why there is no result of it, and there will be none. */
function lossOf(state: BuildStanding["state"]): Markup | undefined {
  const why = LOST[state];
  return why === undefined ? undefined : html`<p class="notice error" role="alert">${why}</p>`;
}

function nowText({ run, result, state, found }: ShownBuild): Markup | string {
  if (result !== undefined) return endText(result, found.job.id);
  return lossOf(state) ?? waitText(run.current);
}

function waitText(current: LiveRun["current"]): Markup | string {
  if (current?.wait === undefined) return "";
  const { wait, percent } = current;
  if (percent === undefined) return html`<p class="now">${wait}</p>`;
  return html`<p class="now"><label>${wait} <progress max="100" value="${percent}"></progress></label> ${percent} %</p>`;
}

function endText({ outcome, worker }: SentResult, id: string): Markup {
  const what = worker === "" ? "was taken back while it waited" : `has ended: ${outcome}`;
  return html`<p class="notice">The build ${what}. <a id="report" href="/builds/${id}">Its report</a></p>`;
}

function failure({ error, record }: SentResult): Markup | string {
  if (error === undefined || record !== undefined) return "";
  return html`<p class="notice error" role="alert"><strong>${error.code}</strong>
${error.message}${error.hint === undefined ? "" : `\n${error.hint}`}</p>`;
}
