import { systemClock } from "../../common/clock.ts";
import { timeLimit } from "../../common/time-limit.ts";
import type { WebApp } from "../../web/check-request.ts";
import type { LiveNews, LiveStreams } from "../../web/live-stream.ts";
import { countAttempts } from "../queue/attempts.ts";
import { UnreachableError } from "../queue/reach.ts";
import type { FoundJob } from "../watch/fleet-watch.ts";
import { endedPage, newLines, runningPage, runningParts, type ShownBuild } from "./build-page.ts";
import { BUILD, type FleetPages } from "./fleet-pages.ts";
import { staleOf, stalePart } from "./list-routes.ts";
import type { BuildStanding, FollowedBuild } from "./live-builds.ts";
import { answerPage } from "./page-frame.ts";

/** What is said in quick succession comes together. */
const GATHER_MS = 250;
/** So often the timeline grows while nothing is said. */
const TICK_MS = 1_000;
const GOING_ON: readonly BuildStanding["state"][] = ["running", "silent", "waiting"];

/** The page of one build. */
export function addBuildRoutes(app: WebApp, streams: LiveStreams, input: FleetPages): void {
  app.get(BUILD, async (context) => {
    const shown = await showBuild(input, context.req.param("id"));
    const pageOf = GOING_ON.includes(shown.state) ? runningPage : endedPage;
    return answerPage(context, pageOf(shown, context.get("visitor"), context.req.query("said")));
  });
  app.get(`${BUILD}/events`, async (context) => {
    const id = context.req.param("id");
    const asked = await unlessLost(() => findBuild(input, id));
    return streams.open(context, (after, signal) => followBuild(input, { id, asked, after }, signal));
  });
}

/** What a page has, and asks for. */
interface Followed {
  readonly id: string;
  readonly asked: FollowedBuild | UnreachableError;
  /** How many lines it has. */
  readonly after: number;
}

/** What is new of a build; after its end, whether the queue can be reached: a stream that ends is asked for again. */
async function* followBuild(
  input: FleetPages,
  { id, asked, after }: Followed,
  signal: AbortSignal,
): AsyncGenerator<readonly LiveNews[]> {
  let followed = asked;
  while (followed instanceof UnreachableError && !signal.aborted) {
    yield [lostPart(followed)];
    await systemClock.sleep(TICK_MS, signal).catch(() => undefined);
    followed = await unlessLost(() => findBuild(input, id));
  }
  if (followed instanceof UnreachableError) return;
  yield* untilEnd(input, { followed, after }, signal);
  for await (const seen of input.look.follow(signal)) yield [stalePart(staleOf(seen))];
}

/** What is new of a build, from a line on, until it has ended and everything of it is told. */
async function* untilEnd(
  input: FleetPages,
  { followed, after }: { readonly followed: FollowedBuild; readonly after: number },
  signal: AbortSignal,
): AsyncGenerator<readonly LiveNews[]> {
  using _held = followed.hold();
  const { run } = followed;
  // A build that nobody has looked at for a while is read from its beginning: the page has some of that already.
  await unlessLost(() => input.fleet.reach.ask(() => followed.caughtUp));
  let next = after;
  while (!signal.aborted) {
    const lines = newLines(run, next);
    next = Math.max(next, lines.from + lines.items.length);
    const shown = await unlessLost(() => describeBuild(input, followed));
    const isLost = shown instanceof UnreachableError;
    const news = isLost ? [lostPart(shown)] : [stalePart(shown.stale), ...runningParts(shown)];
    yield lines.items.length > 0 ? [lines, ...news] : news;
    if (run.isOver && next === run.nextLine && !isLost && shown.stale === undefined) return;
    using tick = timeLimit(TICK_MS, signal);
    await followed.news(tick.signal);
    await systemClock.sleep(GATHER_MS, signal).catch(() => undefined);
  }
}

/** Of a page that shows more than is known here. */
function lostPart({ message, since }: UnreachableError): LiveNews {
  return stalePart({ reason: message, since, seenAt: undefined });
}

async function showBuild(input: FleetPages, id: string): Promise<ShownBuild> {
  const followed = await findBuild(input, id);
  using _held = followed.hold();
  await unlessLost(() => input.fleet.reach.ask(() => followed.caughtUp));
  return describeBuild(input, followed);
}

/** One that somebody looks at is known even while the queue cannot be reached. */
async function findBuild({ fleet, builds }: FleetPages, id: string): Promise<FollowedBuild> {
  const known = builds.known(id);
  if (known !== undefined) return known;
  return builds.follow(await fleet.reach.ask(() => fleet.find(id)));
}

/** @throws {UnreachableError} when the queue cannot be reached, and it was never seen */
async function describeBuild(input: FleetPages, followed: FollowedBuild): Promise<ShownBuild> {
  const { found, run } = followed;
  const asked = await unlessLost(() => input.fleet.reach.ask(() => readStanding(input, found)));
  const isLost = asked instanceof UnreachableError;
  if (isLost && followed.standing === undefined) throw asked;
  if (!isLost) followed.standing = asked;
  const { at, ...standing } = followed.standing as BuildStanding;
  const stale = isLost ? { reason: asked.message, since: asked.since, seenAt: at } : undefined;
  return { found, run, ...standing, stale, now: stale === undefined ? Date.now() : at };
}

async function readStanding({ look }: FleetPages, { queue, job: { id } }: FoundJob): Promise<BuildStanding> {
  const at = Date.now();
  const { running, waiting, ended } = await look.now();
  const listed = [...running, ...waiting, ...ended].find((each) => each.id === id);
  const result = await queue.readResult(id);
  const worker = result?.worker || (listed?.worker ?? null);
  // One that was submitted a moment ago is in no list yet, and lists have an end.
  const state = result?.outcome ?? listed?.state ?? stateOf(await queue.jobs.getJobState(id));
  return { at, state, result, worker, attempts: await countAttempts(queue, id) };
}

function stateOf(state: string): BuildStanding["state"] {
  if (state === "unknown") return "forgotten";
  if (state === "active") return "running";
  return state === "completed" || state === "failed" ? "refused" : "waiting";
}

/** The loss of the queue, in place of an answer. */
function unlessLost<Value>(ask: () => Promise<Value>): Promise<Value | UnreachableError> {
  return ask().catch((error: unknown) => {
    if (error instanceof UnreachableError) return error;
    throw error;
  });
}
