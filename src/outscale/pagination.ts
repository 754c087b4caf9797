import { ApiError } from "./errors.ts";
import type { ActionName } from "./oapi.ts";

/** The most that one page may hold. */
const RESULTS_PER_PAGE = 1000;
/** Far more than the objects of any account: what goes on behind it has no end. */
const MOST_PAGES = 1000;

interface PagedRequest {
  readonly ResultsPerPage?: number | undefined;
  readonly NextPageToken?: string | undefined;
}

/**
 * Everything that a paged read finds, page after page.
 *
 * `readAll("ReadImages", (page) => api.readImages({ ...page, Filters }, { signal }), (answer) => answer.Images)`
 *
 * @param action For messages
 * @param read Called with `ResultsPerPage`, which every request with a token must carry, and the token of the next page.
 * @throws {ApiError} when a token comes a second time, or the pages do not end
 */
export async function readAll<Answer extends { readonly NextPageToken?: string | undefined }, Item>(
  action: ActionName,
  read: (page: PagedRequest) => Promise<Answer>,
  itemsOf: (answer: Answer) => readonly Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  const tokens = new Set<string>();
  let page: PagedRequest = { ResultsPerPage: RESULTS_PER_PAGE };
  while (tokens.size < MOST_PAGES) {
    const answer = await read(page);
    items.push(...itemsOf(answer));
    const { NextPageToken } = answer;
    if (!NextPageToken) return items;
    if (tokens.has(NextPageToken)) throw endless(action, `its page ${tokens.size + 1} leads back to one before it`);
    tokens.add(NextPageToken);
    page = { ResultsPerPage: RESULTS_PER_PAGE, NextPageToken };
  }
  throw endless(action, `more follow behind ${MOST_PAGES} pages of at most ${RESULTS_PER_PAGE}`);
}

function endless(action: ActionName, how: string): ApiError {
  const hint = "The service is in trouble: try again later, or make the filters narrower";
  return new ApiError({ action, httpStatus: 200, ambiguous: false }, `The pages of ${action} have no end: ${how}`, {
    hint,
  });
}
