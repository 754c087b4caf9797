import { html, type Markup, table } from "../../report/markup.ts";
import type { LiveNews } from "../../web/live-stream.ts";
import type { FleetLook } from "./fleet-look.ts";
import { ENDED_HEADER, endedRow } from "./overview-page.ts";

export const BUILD_LIST = "build-list";
/** More would be slow to look at, for the browser and for who reads. */
const MOST_ROWS = 1_000;

/** The same for everybody who looks. */
const made = new WeakMap<FleetLook, Markup>();

/** Every build that is known, those that go on first. */
export function buildListPart(look: FleetLook): LiveNews & { type: "part" } {
  const body = made.get(look) ?? listOf(look);
  made.set(look, body);
  return { type: "part", id: BUILD_LIST, body };
}

function listOf({ running, waiting, ended, unlisted }: FleetLook): Markup {
  const all = [...running, ...waiting, ...ended];
  const left = all.length - Math.min(all.length, MOST_ROWS) + unlisted;
  return html`${table("Builds", ENDED_HEADER, all.slice(0, MOST_ROWS).map(endedRow))}${
    left > 0 ? html`<p class="muted">and ${left} more</p>` : ""
  }`;
}
