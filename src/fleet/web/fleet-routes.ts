import { systemClock } from "../../common/clock.ts";
import { withoutControls } from "../../common/without-controls.ts";
import { filterBox, html, sectionMarkup, table } from "../../report/markup.ts";
import type { WebApp, WebContext } from "../../web/check-request.ts";
import type { LiveNews, LiveStreams } from "../../web/live-stream.ts";
import type { SharedLook } from "../../web/shared-look.ts";
import type { FleetWatch, FoundJob } from "../watch/fleet-watch.ts";
import { endedPage, newLines, runningPage, runningParts, type ShownBuild } from "./build-page.ts";
import type { FleetLook } from "./fleet-look.ts";
import type { LiveBuilds } from "./live-builds.ts";
import type { LiveRun } from "./live-run.ts";
import { ENDED_HEADER, endedRow, overviewBody, overviewParts } from "./overview-page.ts";
import { answerPage, notice } from "./page-frame.ts";
import { schedulesBody } from "./schedules-page.ts";

export interface FleetRoutes {
  readonly fleet: FleetWatch;
  readonly look: SharedLook<FleetLook>;
  readonly builds: LiveBuilds;
  /** Told what somebody has done. */
  readonly tell: (message: string) => void;
}

const BUILD = "/builds/:id{[0-9a-f]{1,40}}";
/** What is said in quick succession comes together. */
const GATHER_MS = 250;
/** So often the timeline grows while nothing is said. */
const TICK_MS = 1_000;

/** The pages of the fleet, and what can be done from them. */
export function addFleetRoutes(app: WebApp, streams: LiveStreams, input: FleetRoutes): void {
  addLists(app, streams, input);
  addBuild(app, streams, input);
  addActions(app, input);
}

function addLists(app: WebApp, streams: LiveStreams, { look, fleet }: FleetRoutes): void {
  app.get("/", async (context) => {
    const parts = overviewBody(await look.now(), context.get("visitor"));
    const body = [notice(context.req.query("said")), ...parts];
    return answerPage(context, {
      title: "Overview",
      here: "/",
      heading: html`<h1>Overview</h1>`,
      body,
      stream: "/events",
    });
  });
  app.get("/events", (context) => {
    return streams.open(context, async function* (_after, signal) {
      for await (const seen of look.follow(signal)) yield overviewParts(seen, context.get("visitor"));
    });
  });
  app.get("/builds", async (context) => {
    const { running, waiting, ended } = await look.now();
    const rows = [...running, ...waiting, ...ended].map(endedRow);
    const body = html`${filterBox("build-list", "Find")}<div id="build-list">${table("Builds", ENDED_HEADER, rows)}</div>`;
    const section = sectionMarkup({ id: "builds", title: "Builds of the last week", body });
    return answerPage(context, { title: "Builds", here: "/builds", heading: html`<h1>Builds</h1>`, body: section });
  });
  app.get("/schedules", async (context) => {
    const body = schedulesBody(await fleet.schedules());
    return answerPage(context, { title: "Schedules", here: "/schedules", heading: html`<h1>Schedules</h1>`, body });
  });
}

function addBuild(app: WebApp, streams: LiveStreams, input: FleetRoutes): void {
  app.get(BUILD, async (context) => {
    const shown = await showBuild(input, context);
    const isGoingOn = ["running", "silent", "waiting"].includes(shown.state);
    const pageOf = isGoingOn ? runningPage : endedPage;
    return answerPage(context, pageOf(shown, context.get("visitor"), context.req.query("said")));
  });
  app.get(`${BUILD}/events`, async (context) => {
    const found = await input.fleet.find(context.req.param("id"));
    return streams.open(context, (after, signal) => followBuild(input, found, after, signal));
  });
}

/** What is new of a build, from a line on. */
async function* followBuild(
  input: FleetRoutes,
  found: FoundJob,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LiveNews[]> {
  const followed = input.builds.follow(found);
  using _held = followed.hold();
  let next = after;
  while (!signal.aborted) {
    const lines = newLines(followed.run, next);
    next = lines.from + lines.items.length;
    yield [
      ...(lines.items.length > 0 ? [lines] : []),
      ...runningParts(await describeBuild(input, found, followed.run)),
    ];
    // After its end it stays open: a stream that ends is asked for again.
    const isOver = followed.run.isOver && next === followed.run.nextLine;
    await followed.news(isOver ? signal : AbortSignal.any([signal, AbortSignal.timeout(TICK_MS)]));
    await systemClock.sleep(GATHER_MS, signal).catch(() => undefined);
  }
}

async function showBuild(input: FleetRoutes, context: WebContext): Promise<ShownBuild> {
  const found = await input.fleet.find(context.req.param("id") ?? "");
  const followed = input.builds.follow(found);
  using _held = followed.hold();
  await followed.caughtUp;
  return describeBuild(input, found, followed.run);
}

async function describeBuild({ look }: FleetRoutes, found: FoundJob, run: LiveRun): Promise<ShownBuild> {
  const { running, waiting, ended } = await look.now();
  const listed = [...running, ...waiting, ...ended].find(({ id }) => id === found.job.id);
  const result = await found.queue.readResult(found.job.id);
  return {
    ...{ found, run, result },
    state: result?.outcome ?? listed?.state ?? "waiting",
    worker: result?.worker || (listed?.worker ?? null),
    now: Date.now(),
  };
}

/** Each is done by a form, and leads to a page that says what has become of it. */
function addActions(app: WebApp, { fleet, look, tell }: FleetRoutes): void {
  const done = (context: WebContext, what: string) => {
    look.forget();
    const { name } = context.get("visitor");
    tell(`${what}${name === undefined ? "" : `, by ${withoutControls(name)}`}`);
  };
  app.post(`${BUILD}/cancel`, async (context) => {
    const id = context.req.param("id");
    const isTakenBack = await fleet.cancel(id);
    done(context, `Build ${id} is cancelled`);
    // One that no worker had is forgotten at once.
    return context.redirect(isTakenBack ? "/?said=taken-back" : `/builds/${id}?said=cancel`, 303);
  });
  app.post(`${BUILD}/retry`, async (context) => {
    const id = context.req.param("id");
    const again = await fleet.retry(id);
    done(context, `Build ${id} is submitted again as ${again}`);
    return context.redirect(`/builds/${again}?said=retry`, 303);
  });
  app.post("/workers/:id{w-[0-9a-f]{12}}/drain", async (context) => {
    const id = context.req.param("id");
    await fleet.drain(id);
    done(context, `The worker ${id} is drained`);
    return context.redirect("/?said=drain", 303);
  });
}
