import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { OapiExample, OapiFacts } from "../../../scripts/oapi-facts.ts";

/** The facts of the API that the schemas are generated from. */
export function readOapiFacts(): OapiFacts {
  return parse(readFileSync(join(import.meta.dirname, "../../../src/outscale/oapi-facts.yaml"), "utf8"));
}

/** The bodies that the API's own description shows. */
export function readOapiExamples(): readonly OapiExample[] {
  return parse(readFileSync(join(import.meta.dirname, "oapi-examples.yaml"), "utf8"));
}
