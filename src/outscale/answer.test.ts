import { describe, expect, it } from "vitest";
import {
  type DescribedField,
  describedBody,
  describedFields,
  withField,
} from "../../tests/support/outscale/described-bodies.ts";
import { readOapiFacts } from "../../tests/support/outscale/read-oapi.ts";
import { parseBody, readAnswer } from "./answer.ts";
import { type ActionName, actions } from "./oapi.ts";

const facts = readOapiFacts();
const names = Object.keys(actions) as ActionName[];

/** Every field of every answer that the description has. */
const fields = names.flatMap((action) =>
  describedFields(facts, `${action}Response`).map((field) => ({ action, ...field })),
);

function read(action: ActionName, body: unknown) {
  return readAnswer(action, parseBody(JSON.stringify(body)));
}

/** What an answer says when one of its fields has another value. */
function readWith(action: ActionName, { path }: Pick<DescribedField, "path">, value: unknown) {
  return read(action, withField(describedBody(facts, `${action}Response`), path, value));
}

describe("readAnswer(), over all of the API's description", () => {
  it("takes every answer with every field", () => {
    for (const action of names) {
      const body = describedBody(facts, `${action}Response`);
      expect(read(action, body), action).toEqual({ value: body, dropped: [] });
    }
    expect(fields.length).toBeGreaterThan(400);
  });

  it("takes a null where the description allows one, as does the schema itself", () => {
    const nullable = fields.filter(({ schema }) => schema.nullable);
    expect(nullable.map(({ path }) => path.join("."))).toContain("Volumes.0.TaskId");
    for (const { action, path } of nullable) {
      expect(readWith(action, { path }, null), `${action} ${path.join(".")}`).toMatchObject({ dropped: [] });
      const body = withField(describedBody(facts, `${action}Response`), path, null);
      expect(actions[action].response.safeParse(body).success, `${action} ${path.join(".")}`).toBe(true);
    }
  });

  it("takes a null for an absent field, and refuses neither or both", () => {
    for (const { action, path } of fields) {
      const [withNull, without] = [null, undefined].map((value) => readWith(action, { path }, value));
      expect(withNull, `${action} ${path.join(".")}`).toEqual(without);
    }
  });

  it("drops an optional field of a type that is not described", () => {
    for (const { action, path } of fields) {
      if ("problem" in readWith(action, { path }, undefined)) continue;
      const odd = readWith(action, { path }, { strange: true });
      expect("problem" in odd, `${action} ${path.join(".")}`).toBe(false);
    }
  });

  it("takes fields that the description lacks, at every depth", () => {
    for (const { action, path } of fields) {
      const beside = [...path.slice(0, -1), "FromTheFuture"];
      expect(readWith(action, { path: beside }, 1), `${action} ${path.join(".")}`).toMatchObject({ dropped: [] });
    }
  });

  it("never leaves out a thing of a list for what it lacks", () => {
    const lacking = readWith("ReadVolumes", { path: ["Volumes", 0, "VolumeId"] }, null);
    expect(lacking).toEqual({ problem: "Volumes.0.VolumeId: Invalid input: expected string, received undefined" });
  });

  it("leaves out the nulls of a list", () => {
    const body = describedBody(facts, "ReadVmsStateResponse") as { VmStates: unknown[] };
    expect(read("ReadVmsState", { ...body, VmStates: [null, ...body.VmStates, null] })).toEqual({
      value: body,
      dropped: [],
    });
  });
});
