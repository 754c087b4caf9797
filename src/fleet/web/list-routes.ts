import { messageOf } from "../../common/errors.ts";
import { filterBox, html, type Markup, sectionMarkup } from "../../report/markup.ts";
import type { WebApp } from "../../web/check-request.ts";
import type { Visitor } from "../../web/guard.ts";
import type { LiveNews, LiveStreams } from "../../web/live-stream.ts";
import { announced, part } from "../../web/page.ts";
import type { Seen, SharedLook } from "../../web/shared-look.ts";
import { STALE_PART, type Stale, staleNotice } from "../../web/stale.ts";
import { UnreachableError } from "../queue/reach.ts";
import { BUILD_LIST, buildListPart } from "./build-list-page.ts";
import type { FleetPages } from "./fleet-pages.ts";
import { overviewParts, SUMMARY_PART } from "./overview-page.ts";
import { answerPage, notice } from "./page-frame.ts";
import { schedulesPart } from "./schedules-page.ts";

type Part = LiveNews & { readonly type: "part" };

interface ListPage<Value> {
  readonly title: string;
  readonly path: string;
  readonly look: SharedLook<Value>;
  readonly parts: (value: Value, visitor: Visitor) => readonly Part[];
  /** What is around the parts. */
  readonly frame?: (places: readonly Markup[]) => Markup;
}

/** The pages that list something, each of which changes while somebody looks. */
export function addListRoutes(app: WebApp, streams: LiveStreams, { look, schedules }: FleetPages): void {
  addListPage(app, streams, { title: "Overview", path: "/", look, parts: overviewParts });
  addListPage(app, streams, {
    ...{ title: "Builds", path: "/builds", look },
    parts: (seen) => [buildListPart(seen)],
    frame: (list) => {
      const body = html`${filterBox(BUILD_LIST, "Find")}${list}`;
      return sectionMarkup({ id: "builds", title: "Builds of the last week", body });
    },
  });
  addListPage(app, streams, {
    ...{ title: "Schedules", path: "/schedules", look: schedules },
    parts: (seen, visitor) => [schedulesPart(seen, visitor)],
  });
  // For a page that changes in nothing else.
  app.get("/reach", (context) =>
    streams.open(context, async function* (_after, signal) {
      for await (const seen of look.follow(signal)) yield [stalePart(staleOf(seen))];
    }),
  );
}

function addListPage<Value>(
  app: WebApp,
  streams: LiveStreams,
  { title, path, look, parts, frame = (places) => html`${places}` }: ListPage<Value>,
): void {
  const stream = path === "/" ? "/events" : `${path}/events`;
  app.get(path, async (context) => {
    const seen = await look.seen();
    const places = parts(seen.value, context.get("visitor")).map((each) => {
      return each.id === SUMMARY_PART ? announced(each.id, each.body) : part(each.id, each.body);
    });
    return answerPage(context, {
      ...{ title, here: path, stream, stale: staleOf(seen) },
      heading: html`<h1>${title}</h1>`,
      body: [notice(context.req.query("said")), frame(places)],
    });
  });
  app.get(stream, (context) =>
    streams.open(context, async function* (_after, signal) {
      for await (const seen of look.follow(signal))
        yield [stalePart(staleOf(seen)), ...parts(seen.value, context.get("visitor"))];
    }),
  );
}

export function stalePart(stale: Stale | undefined): Part {
  return { type: "part", id: STALE_PART, body: staleNotice(stale) };
}

export function staleOf({ at, failure }: Seen<unknown>): Stale | undefined {
  if (failure === undefined) return undefined;
  const { error, since } = failure;
  return { reason: messageOf(error), since: error instanceof UnreachableError ? error.since : since, seenAt: at };
}
