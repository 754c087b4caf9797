import { expect, it } from "vitest";
import { z } from "zod";
import { schemaProblems } from "./schema-problems.ts";

const schema = z.strictObject({ seq: z.number(), names: z.array(z.string()) });

it.each([
  [{ seq: "1", names: ["a", 2] }, undefined, ["seq: Invalid input", "names.1: Invalid input"]],
  ["text", undefined, ["Invalid input"]],
  ["text", "the body", ["the body: Invalid input"]],
  [{ seq: 1, names: [], other: 1 }, "the body", ["the body: Unrecognized key"]],
])("schemaProblems() tells where each problem of %j is", (given, whole, expected) => {
  const { error } = schema.safeParse(given);
  const problems = error === undefined ? [] : schemaProblems(error, whole);
  expect(problems.map((problem) => expected.find((each) => problem.startsWith(each)))).toEqual(expected);
});
