import { expect, it } from "vitest";
import { ApiError } from "./errors.ts";
import { readAll } from "./pagination.ts";

it("readAll() follows the tokens, each request with its page size", async () => {
  const answers = [{ Images: [1, 2], NextPageToken: "a" }, { Images: [], NextPageToken: "b" }, { Images: [3] }];
  const pages: unknown[] = [];
  const images = await readAll(
    "ReadImages",
    async (page) => answers[pages.push(page) - 1] ?? { Images: [] },
    (answer) => answer.Images,
  );
  expect(images).toEqual([1, 2, 3]);
  expect(pages).toEqual([
    { ResultsPerPage: 1000 },
    { ResultsPerPage: 1000, NextPageToken: "a" },
    { ResultsPerPage: 1000, NextPageToken: "b" },
  ]);
});

it.each([
  ["leads back to itself", () => "a", 2, "its page 2 leads back to one before it"],
  ["leads back to one before it", (page: number) => "abc"[page % 3], 4, "its page 4 leads back to one before it"],
  ["never ends", (page: number) => `token ${page}`, 1000, "more follow behind 1000 pages of at most 1000"],
])("readAll() gives up a list that %s", async (_, tokenOf, pages, message) => {
  let asked = 0;
  const read = async () => ({ Images: [asked], NextPageToken: tokenOf(asked++) });
  const failure = await readAll("ReadImages", read, ({ Images }) => Images).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ message: `The pages of ReadImages have no end: ${message}` });
  expect(asked).toBe(pages);
});
