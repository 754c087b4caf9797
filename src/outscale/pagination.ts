/** The most that one page may hold. */
const RESULTS_PER_PAGE = 1000;

interface PagedRequest {
  readonly ResultsPerPage?: number | undefined;
  readonly NextPageToken?: string | undefined;
}

/**
 * Everything that a paged read finds, page after page.
 *
 * `readAll((page) => api.readImages({ ...page, Filters }, { signal }), (answer) => answer.Images)`
 *
 * @param read Called with `ResultsPerPage`, which every request with a token must carry, and the token of the next page.
 */
export async function readAll<Answer extends { readonly NextPageToken?: string | undefined }, Item>(
  read: (page: PagedRequest) => Promise<Answer>,
  itemsOf: (answer: Answer) => readonly Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  let page: PagedRequest = { ResultsPerPage: RESULTS_PER_PAGE };
  for (;;) {
    const answer = await read(page);
    items.push(...itemsOf(answer));
    if (!answer.NextPageToken) return items;
    page = { ResultsPerPage: RESULTS_PER_PAGE, NextPageToken: answer.NextPageToken };
  }
}
