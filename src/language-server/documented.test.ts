import { describe, expect, it } from "vitest";
import { editorHelp } from "../../scripts/editor-help.ts";
import { packerFunctions } from "../hcl/functions/functions.ts";
import { postProcessorTypes } from "../post-processors/registry.ts";
import { provisionerTypes } from "../provisioners/registry.ts";
import { blockDocAt } from "./block-doc.ts";
import { componentHelp, functionHelp } from "./documented.ts";

describe("documented.json", () => {
  it("is what the pages of docs/ say: npm run docs", () => {
    expect(JSON.parse(editorHelp())).toEqual({ functions: functionHelp, components: componentHelp });
  });

  it("has every function", () => {
    const functions = packerFunctions({
      baseFolder: "/",
      renderTemplate: () => {
        throw new Error("No template is rendered here");
      },
    });
    const services = ["vault", "consul_key", "aws_secretsmanager", "aws_secretsmanager_raw"];
    const missing = [...functions.keys()].filter((name) => !functionHelp[name] && !services.includes(name));
    expect(missing).toEqual([]);
  });

  it.each([
    ...[...provisionerTypes.keys()].map((type) => ["provisioner", type] as const),
    ...[...postProcessorTypes.keys()].map((type) => ["post-processor", type] as const),
  ])("says what every option of the %s %s means", (kind, type) => {
    const doc = blockDocAt([
      { type: "build", labels: [] },
      { type: kind, labels: [type] },
    ]);
    const silent = [...(doc ?? [])].filter(([, { about }]) => about === "").map(([name]) => name);
    expect(silent).toEqual([]);
  });
});
