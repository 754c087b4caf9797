import { html, type Markup } from "../../report/markup.ts";
import type { WebContext } from "../../web/check-request.ts";
import { announced, pageText, type WebPage } from "../../web/page.ts";
import { STALE_PART, type Stale, staleNotice } from "../../web/stale.ts";
import type { WatchedBuild } from "../watch/build-list.ts";
import type { BuildStanding } from "./live-builds.ts";

const links = [
  { href: "/", text: "Overview" },
  { href: "/builds", text: "Builds" },
  { href: "/schedules", text: "Schedules" },
];

export interface FleetPage extends Omit<WebPage, "product" | "links" | "visitor" | "isPassing"> {
  /** Where the queue cannot be reached. */
  readonly stale: Stale | undefined;
  /** What it shows is not there any more. */
  readonly isGone?: boolean;
}

/** Answers with a page of the fleet. */
export async function answerPage(
  context: WebContext,
  { stale, body, isGone = false, ...page }: FleetPage,
): Promise<Response> {
  const visitor = context.get("visitor").name;
  const shown = [announced(STALE_PART, staleNotice(stale)), ...[body].flat()];
  const text = await pageText({ ...page, body: shown, product: "Fleet", links, visitor });
  return context.html(text, isGone ? 410 : 200);
}

/** The state of a build: a word, and a colour. */
export function badge(state: BuildStanding["state"]): Markup {
  return html`<span class="badge ${state}">${state}</span>`;
}

/** `2 of 3`: those that have begun, and how many there may be. */
export function attemptsText({ attempts, mostAttempts }: Pick<WatchedBuild, "attempts" | "mostAttempts">): string {
  return `${attempts} of ${mostAttempts}`;
}

/** A link to a build. A row that moves keeps its name, so that the keyboard stays on it. */
export function buildLink({ id, build }: Pick<WatchedBuild, "id" | "build">): Markup {
  return html`<a id="build-${id}" href="/builds/${id}">${build}</a>`;
}

/** `1 build runs`, `3 builds run`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

const SAID: Readonly<Record<string, string>> = {
  cancel: "The worker was told to stop it and clean up.",
  "taken-back": "The build is taken back: no worker had it.",
  retry: "This is the build that was submitted again.",
  unscheduled: "The schedule is removed. Builds that it has submitted go on.",
  drain: "The worker was told to take no more builds, and to end when it has none.",
};

/**
 * What was done just now: one of a list, as whoever makes a link could have the page say what he likes. It is where the
 * keyboard is, so that a screen reader says it: nothing is announced that is there when a page is opened.
 */
export function notice(said: string | undefined): Markup {
  const text = said !== undefined && Object.hasOwn(SAID, said) ? SAID[said] : undefined;
  return text === undefined ? html`` : html`<p class="notice" tabindex="-1" autofocus>${text}</p>`;
}
