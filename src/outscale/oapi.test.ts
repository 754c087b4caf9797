import { describe, expect, it } from "vitest";
import { generateOapi } from "../../scripts/generate-oapi.ts";
import { readOapiExamples, readOapiFacts } from "../../tests/support/outscale/read-oapi.ts";
import { type ActionName, actions } from "./oapi.ts";

describe("oapi.ts", () => {
  it("has the requests and answers that the generator writes", async () => {
    const { requests, answers } = generateOapi(readOapiFacts());
    await expect(requests).toMatchFileSnapshot("oapi-requests.ts");
    await expect(answers).toMatchFileSnapshot("oapi-answers.ts");
  });

  it("lists every action", () => {
    expect(Object.keys(actions).sort()).toEqual(readOapiFacts().actions);
  });

  it("takes every body that the API's description shows", () => {
    const examples = readOapiExamples();
    expect(new Set(examples.map(({ action }) => action)).size).toBe(Object.keys(actions).length);
    for (const { action, direction, value } of examples) {
      const schema = actions[action as ActionName][direction];
      expect(schema.parse(value), `${direction} of ${action}`).toEqual(value);
    }
  });
});
