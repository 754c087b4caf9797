import { systemClock } from "../../common/clock.ts";
import { html, type Markup } from "../../report/markup.ts";
import type { WebApp, WebContext } from "../../web/check-request.ts";
import type { LiveNews, LiveStreams } from "../../web/live-stream.ts";
import { pageText, type WebPage } from "../../web/page.ts";
import { SharedLook } from "../../web/shared-look.ts";
import { NotReadyError } from "../local-cloud-error.ts";
import { callsBody, newCalls } from "./calls-page.ts";
import { faultsBody, readFault } from "./faults-page.ts";
import type { WatchedRegion } from "./region-look.ts";
import { regionBody, regionParts } from "./region-page.ts";

const LOOK_MS = 1_000;
/** Calls that come in quick succession are sent together. */
const GATHER_MS = 250;

/** The pages of a local cloud: for each region what is in it, its calls, and its faults. */
export function addConsoleRoutes(app: WebApp, streams: LiveStreams, regions: readonly WatchedRegion[]): void {
  const names = regions.map(({ regionName }) => regionName);
  app.get("/", (context) => context.redirect(`/${names[0]}`, 303));
  for (const region of regions) addRegion(app, streams, { region, names });
}

interface RegionRoutes {
  readonly region: WatchedRegion;
  /** Of every region. */
  readonly names: readonly string[];
}

function addRegion(app: WebApp, streams: LiveStreams, { region, names }: RegionRoutes): void {
  const base = `/${region.regionName}`;
  const isPassing = (error: unknown) => error instanceof NotReadyError;
  const look = new SharedLook(async () => region.look(), { everyMs: LOOK_MS, clock: systemClock, isPassing });
  const answer = pagesOf(base, names);
  app.get(base, async (context) => {
    const body = regionBody(region, await look.now());
    return answer(context, { title: region.regionName, here: base, body, stream: `${base}/events` });
  });
  app.get(`${base}/events`, (context) =>
    streams.open(context, async function* (_after, signal) {
      for await (const { value } of look.follow(signal)) yield regionParts(region, value);
    }),
  );
  app.get(`${base}/calls`, (context) => {
    return answer(context, {
      title: "Calls",
      here: `${base}/calls`,
      body: callsBody(region),
      stream: `${base}/calls/events`,
    });
  });
  app.get(`${base}/calls/events`, (context) =>
    streams.open(context, (after, signal) => followCalls(region, after, signal)),
  );
  app.get(`${base}/faults`, (context) => {
    const body = faultsBody(region.regionName, region.look(), context.get("visitor"));
    return answer(context, { title: "Faults", here: `${base}/faults`, body });
  });
  app.post(`${base}/faults`, (context) => {
    region.faults.add(readFault(context.get("form")));
    return context.redirect(`${base}/faults`, 303);
  });
  app.post(`${base}/faults/clear`, (context) => {
    region.faults.clear();
    return context.redirect(`${base}/faults`, 303);
  });
}

async function* followCalls(
  region: WatchedRegion,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LiveNews[]> {
  for (let next = after; !signal.aborted; ) {
    const news = await newCalls(region, next, signal);
    next = news.from + news.items.length;
    yield news.items.length > 0 ? [news] : [];
    await systemClock.sleep(GATHER_MS, signal).catch(() => undefined);
  }
}

type ConsolePage = Pick<WebPage, "title" | "here"> & { readonly body: WebPage["body"]; readonly stream?: string };

function pagesOf(
  base: string,
  names: readonly string[],
): (context: WebContext, page: ConsolePage) => Promise<Response> {
  const links = [
    { href: base, text: "Overview" },
    { href: `${base}/calls`, text: "Calls" },
    { href: `${base}/faults`, text: "Faults" },
  ];
  return async (context, page) => {
    const isOfOne = names.length === 1 || page.here === base;
    const heading = html`<h1>${page.title}${isOfOne ? "" : ` of ${base.slice(1)}`}</h1>${regionLinks(base, names)}`;
    return context.html(await pageText({ ...page, heading, links, product: "Local cloud" }));
  };
}

function regionLinks(base: string, names: readonly string[]): Markup | string {
  if (names.length === 1) return "";
  const items = names.map((name) => {
    return html`<li><a href="/${name}"${`/${name}` === base ? html` aria-current="true"` : ""}>${name}</a></li>`;
  });
  return html`<nav aria-label="Regions"><ul>${items}</ul></nav>`;
}
