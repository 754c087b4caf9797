import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { examplesOf, factsOf, factsText, type OapiDescription, type OapiFacts } from "./oapi-facts.ts";

// `npm run oapi -- OUTSCALE.YAML [ACTION...]`, in the folder of the project: takes the facts of the actions that are known,
// and of the ones that are named, over from the API description (outscale.yaml of github.com/outscale/osc-api).
const FACTS = "src/outscale/oapi-facts.yaml";
const EXAMPLES = "tests/support/outscale/oapi-examples.yaml";

const [, , file, ...added] = process.argv;
if (file === undefined) throw new Error("Usage: npm run oapi -- OUTSCALE.YAML [ACTION...]");
const description: OapiDescription = parse(readFileSync(file, "utf8"));
const known: OapiFacts = parse(readFileSync(FACTS, "utf8"));
const facts = factsOf(description, [...new Set([...known.actions, ...added])]);
const origin = `of the OUTSCALE API ${facts.version} (github.com/outscale/osc-api, Copyright 2019 Outscale SAS, BSD-3-Clause)`;
writeFileSync(FACTS, factsText(`Facts ${origin}, by scripts/update-oapi.ts.`, facts));
writeFileSync(
  EXAMPLES,
  factsText(`Bodies ${origin}, by scripts/update-oapi.ts.`, examplesOf(description, facts.actions)),
);
