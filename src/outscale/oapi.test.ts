import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { examplesOf, generateOapi } from "../../scripts/generate-oapi.ts";
import { type ActionName, actions } from "./oapi.ts";

/** The description is no part of the package; `OAPI_DESCRIPTION` names it where it is elsewhere. */
const description = process.env.OAPI_DESCRIPTION ?? "../shared/reference/oapi-subset.yaml";

describe.skipIf(!existsSync(description))(`oapi.ts, compared with ${description}`, () => {
  const generated = () => generateOapi(readFileSync(description, "utf8"));

  it("has the requests and answers that the generator writes", async () => {
    await expect(generated().requests).toMatchFileSnapshot("oapi-requests.ts");
    await expect(generated().answers).toMatchFileSnapshot("oapi-answers.ts");
  });

  it("lists every action", () => {
    expect(Object.keys(actions).sort()).toEqual(generated().actions);
  });

  it("takes every example of the description", () => {
    const examples = examplesOf(readFileSync(description, "utf8"));
    expect(new Set(examples.map(({ action }) => action)).size).toBe(Object.keys(actions).length);
    for (const { action, direction, value } of examples) {
      const schema = actions[action as ActionName][direction];
      expect(schema.parse(value), `${direction} of ${action}`).toEqual(value);
    }
  });
});
