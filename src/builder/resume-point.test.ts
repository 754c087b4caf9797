import { describe, expect, it } from "vitest";
import { resumePoint, type Work } from "./resume-point.ts";

const work = (text: string): Work[] => [...text].map((digest) => ({ name: `step ${digest.toLowerCase()}`, digest }));
/** What is done of a list of so many; letters are digests. */
const doneOf = (text: string, count: number) =>
  work(text).map((each, index) => ({ ...each, part: "provisioner" as const, number: index + 1, count }));

describe("resumePoint()", () => {
  it.each([
    ["nothing is done", "", 4, "abcd", 0, []],
    ["nothing has changed", "abc", 4, "abcd", 3, []],
    ["what failed has changed", "abc", 4, "abcX", 3, []],
    ["something is put before what failed", "abc", 4, "abcXd", 3, []],
    ["what failed is gone, with all after it", "abc", 4, "abc", 3, []],
    ["an earlier one has changed", "abc", 4, "aBcd", 3, ["step b has changed since it ran: it is not run again"]],
    ["the one before has changed", "abc", 4, "abCX", 3, ["step c has changed since it ran: it is not run again"]],
    [
      "one is put between earlier ones",
      "abc",
      4,
      "axbcD",
      4,
      ["step x is not run: what comes after it in the template has run already"],
    ],
    [
      "an earlier one is gone",
      "abc",
      4,
      "acd",
      2,
      ["step b has run, and is not in the template any more, or has changed"],
    ],
    [
      "everything is another",
      "ab",
      3,
      "x",
      1,
      [
        "step a has run, and is not in the template any more, or has changed",
        "step b has run, and is not in the template any more, or has changed",
        "step x is not run: what comes after it in the template has run already",
      ],
    ],
  ] as const)("goes on at the right place when %s", (_what, done, count, now, start, notices) => {
    expect(resumePoint(doneOf(done, count), work(now))).toEqual({ start, notices });
  });

  it("matches a hundred provisioners at once", () => {
    const text = Array.from({ length: 100 }, (_, index) => String.fromCodePoint(0x4e00 + (index % 7))).join("");
    expect(resumePoint(doneOf(text, 101), work(`x${text}yz`)).start).toBe(101);
  });
});
