import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { actions } from "../outscale/oapi.ts";
import { isKnownAction, knownActions } from "./known-actions.ts";

it("knownActions has every action that this project speaks", () => {
  expect(Object.keys(actions).filter((action) => !isKnownAction(action))).toEqual([]);
});

it("knownActions are in the documentation, those that are emulated", () => {
  const page = readFileSync("docs/local-cloud.md", "utf8");
  const emulated = knownActions.filter(({ emulated }) => emulated).map(({ action }) => action);
  const [, listed = ""] = /## Actions\n\n([\s\S]*?)\n\n/.exec(page) ?? [];
  expect([...listed.matchAll(/`([A-Z]\w+)`/g)].map(([, action]) => action)).toEqual(emulated);
});
