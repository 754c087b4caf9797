import fc from "fast-check";
import { describe, it } from "vitest";
import { propertyRuns } from "../../tests/support/suite/sample.ts";
import { ConfigError } from "../common/errors.ts";
import type { RawConfig, RawValue } from "../definition/raw-value.ts";
import { hclShapes } from "./hcl-shape.ts";
import { prepareConfig } from "./prepare-config.ts";
import { optionNames } from "./schema.ts";

const inner = Object.values(hclShapes).flatMap((shape) => (shape.kind === "block" ? Object.keys(shape.body) : []));
const word = fc.oneof(
  fc.constantFrom(
    "",
    "1",
    "true",
    "30m",
    "io1",
    "hvm",
    "/dev/xvdb",
    "/",
    "..",
    "{{",
    "{{.Device}}",
    "{{.SourceOMITags.A}}",
  ),
  fc.string(),
);
const key = fc.oneof(
  fc.constantFrom(...inner, "filters", "tag:A", "image-name", "__proto__", "constructor"),
  fc.string(),
);

const { value } = fc.letrec<{ value: RawValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5 }),
  ),
}));
const raw: fc.Arbitrary<RawConfig> = fc.dictionary(fc.oneof(fc.constantFrom(...optionNames), fc.string()), value, {
  maxKeys: 12,
});

describe("prepareConfig()", () => {
  it("accepts or refuses whatever it is given, and never fails otherwise", () => {
    fc.assert(
      fc.property(raw, (config) => {
        try {
          prepareConfig([{ omi_name: "web", source_omi: "ami-12345678" }, config], {
            resolveRegion: () => "eu-west-2",
            env: {},
          });
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});
