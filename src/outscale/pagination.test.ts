import { expect, it } from "vitest";
import { readAll } from "./pagination.ts";

it("readAll() follows the tokens, each request with its page size", async () => {
  const answers = [{ Images: [1, 2], NextPageToken: "a" }, { Images: [], NextPageToken: "b" }, { Images: [3] }];
  const pages: unknown[] = [];
  const images = await readAll(
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
