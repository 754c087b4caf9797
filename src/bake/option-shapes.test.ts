import { describe, expect, it } from "vitest";
import { loadText } from "../../tests/support/template/load-text.ts";
import { type HclShapes, hclShapes } from "../config/hcl-shape.ts";
import type { AttributeType } from "../definition/attribute-type.ts";
import type { RawValue } from "../definition/raw-value.ts";
import { TemplateError } from "../template/load-template.ts";
import { shapeOf } from "./option-shapes.ts";

/** A value of every kind, with what Packer makes of it for each type; what it refuses is left out. */
const values: readonly { readonly hcl: string; readonly as: Readonly<Record<string, RawValue>> }[] = [
  { hcl: "true", as: { string: "true", bool: true } },
  { hcl: "false", as: { string: "false", bool: false } },
  { hcl: "1", as: { string: "1", number: 1 } },
  { hcl: "2.5", as: { string: "2.5", number: 2.5 } },
  { hcl: "123456789012345678901", as: { string: "123456789012345678901", number: 123456789012345680000 } },
  { hcl: '"x"', as: { string: "x" } },
  { hcl: '""', as: { string: "" } },
  { hcl: '"7"', as: { string: "7", number: 7 } },
  { hcl: '"true"', as: { string: "true", bool: true } },
  { hcl: "[]", as: { "list string": [], "list number": [], "list list string": [] } },
  { hcl: '[1, true, "a"]', as: { "list string": ["1", "true", "a"] } },
  { hcl: '["1", 2]', as: { "list string": ["1", "2"], "list number": [1, 2] } },
  { hcl: '[["a", 1]]', as: { "list list string": [["a", "1"]] } },
  { hcl: "{}", as: { "map string": {} } },
  { hcl: "{ a = true, b = 1 }", as: { "map string": { a: "true", b: "1" } } },
  { hcl: "{ a = [] }", as: {} },
  { hcl: "{ a = null }", as: {} },
  { hcl: "[null]", as: {} },
];

function typeKey(type: AttributeType): string {
  if (typeof type === "string") return type;
  return "list" in type ? `list ${typeKey(type.list)}` : `map ${typeKey(type.map)}`;
}

/** What a template with an option gives: its value as plain data, or `undefined` when it is refused. */
async function decode(block: string, select: (template: Awaited<ReturnType<typeof loadText>>) => RawValue | undefined) {
  try {
    return select(await loadText(block, { shapeOf }));
  } catch (error) {
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

function attributesOf(shapes: HclShapes): readonly (readonly [name: string, type: AttributeType])[] {
  return Object.entries(shapes).flatMap(([name, shape]) =>
    shape.kind === "attribute" && !shape.isLoose ? [[name, shape.type] as const] : [],
  );
}

const build = 'build {\nsources = ["outscale-chroot.a"]\n}\n';

describe("every option takes what Packer takes for its type", () => {
  it.each(attributesOf(hclShapes))("%s, a %j", async (name, type) => {
    for (const { hcl, as } of values) {
      const text = `source "outscale-chroot" "a" {\n${name} = ${hcl}\n}\n${build}`;
      const given = await decode(text, ({ builds }) => builds[0]?.config[name]);
      expect({ hcl, given }).toEqual({ hcl, given: as[typeKey(type)] });
    }
  });

  it.each([
    ["provisioner", "shell"],
    ["provisioner", "file"],
    ["provisioner", "shell-local"],
    ["provisioner", "ansible"],
    ["post-processor", "manifest"],
    ["post-processor", "shell-local"],
  ] as const)("of the %s %s", async (kind, component) => {
    const attributes = attributesOf(shapeOf(kind, component) as HclShapes);
    expect(attributes.length).toBeGreaterThan(3);
    for (const [name, type] of attributes) {
      for (const { hcl, as } of values) {
        const block = `${kind} "${component}" {\n${name} = ${hcl}\n}\n`;
        const text = `source "outscale-chroot" "a" {}\n${build.replace("}", `${block}}`)}`;
        const given = await decode(text, ({ builds }) => {
          const [definition] = [...(builds[0]?.provisioners ?? []), ...(builds[0]?.postProcessors.flat() ?? [])];
          return definition?.evaluate({})[name];
        });
        expect({ name, hcl, given }).toEqual({ name, hcl, given: as[typeKey(type)] });
      }
    }
  });
});
