import { ConfigError } from "../../common/errors.ts";
import type { SourceFilter } from "../../config/source-filter.ts";
import { type SourceSearch, sourceRequests } from "../../config/source-requests.ts";
import type { FiltersImage, Image } from "../../outscale/oapi.ts";
import { readAll } from "../../outscale/pagination.ts";
import type { Build } from "../build.ts";
import { step } from "../step.ts";

/**
 * Finds the OMI to start from: `source_omi`, or what `source_omi_filter` matches, or both at once. Only images that are
 * `available` count.
 * @throws {ConfigError} when there is none, or more than one without `most_recent`
 */
export const findSourceOmi = step(
  "StepSourceOMIInfo",
  async (build: Build, { search }: FindSourceOmiInput = {}): Promise<Image> => {
    const { ui } = build;
    ui.say("Finding the source OMI...");
    const image = await (search ?? searchSource(build));
    ui.message(`Found ${image.ImageId}: ${image.ImageName}`);
    return image;
  },
);

export interface FindSourceOmiInput {
  /** {@link searchSource}, begun earlier. */
  readonly search?: Promise<Image> | undefined;
}

/** What the step searches for, which depends on nothing but the options and the account. */
export function searchSource(build: Build): Promise<Image> {
  const { config, accountId } = build;
  const sourceOmi = config.sourceOmi ?? sourceOfResumed(build);
  return searchOmi(build, { sourceOmi, filter: config.sourceFilter, ownAccountId: accountId });
}

/** A filter may find a newer OMI by now; the volume of a run that goes on was made from the one that it found then. */
function sourceOfResumed({ resumed }: Build): string | undefined {
  const id = resumed?.base?.source_omi;
  return typeof id === "string" ? id : undefined;
}

/**
 * Reads the account for the one OMI that a search means.
 * @throws {ConfigError} when there is none, or more than one without `most_recent`
 */
export async function searchOmi(cloud: Pick<Build, "api" | "signal">, search: SourceSearch): Promise<Image> {
  const found = new Map<string, Image>();
  for (const filters of sourceRequests(search)) {
    for (const image of await readImages(cloud, filters)) found.set(image.ImageId, image);
  }
  return chooseImage([...found.values()], search.sourceOmi, search.filter);
}

/** The one candidate, or the newest of them with `most_recent`. */
function chooseImage(
  candidates: readonly Image[],
  sourceOmi: string | undefined,
  filter: SourceFilter | undefined,
): Image {
  const option = filter === undefined ? "source_omi" : "source_omi_filter";
  const available = candidates.filter(({ State }) => State === "available");
  const newestFirst = available.toSorted((a, b) => Date.parse(b.CreationDate) - Date.parse(a.CreationDate));
  const [first, second] = newestFirst;
  if (first === undefined) {
    const [other] = candidates;
    if (other !== undefined) {
      throw new ConfigError([{ option, message: `${other.ImageId} is "${other.State}", not "available"` }], {
        resourceId: other.ImageId,
        hint:
          other.State === "pending"
            ? "Wait until it is available, then build again"
            : "It cannot be used: choose another OMI",
      });
    }
    const what =
      sourceOmi === undefined
        ? JSON.stringify(filter?.filters)
        : `${sourceOmi}${filter === undefined ? "" : " that passes the filter"}`;
    throw new ConfigError([{ option, message: `no available OMI was found for ${what}${describeOwners(filter)}` }], {
      hint: "The OMI must be in this region and one that the account may launch",
    });
  }
  if (second !== undefined && !filter?.mostRecent) {
    const names = newestFirst.slice(0, 5).map(({ ImageId, ImageName }) => `${ImageId} (${ImageName})`);
    throw new ConfigError(
      [
        {
          option,
          message: `${available.length} OMIs match: ${names.join(", ")}${available.length > 5 ? ", ..." : ""}`,
        },
      ],
      {
        hint: "Make the filter more specific, or set most_recent = true",
      },
    );
  }
  return first;
}

function describeOwners(filter: SourceFilter | undefined): string {
  const { self = false, accountIds = [], accountAliases = [] } = filter?.owners ?? {};
  const owners = [...(self ? ["self"] : []), ...accountIds, ...accountAliases];
  return owners.length > 0 ? `, owned by ${owners.join(" or ")}` : "";
}

async function readImages(
  { api, signal }: Pick<Build, "api" | "signal">,
  filters: FiltersImage,
): Promise<readonly Image[]> {
  return readAll(
    "ReadImages",
    (page) => api.readImages({ Filters: filters, ...page }, { signal }),
    (answer) => answer.Images,
  );
}
