import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { RawConfig, RawValue } from "../definition/raw-value.ts";
import { renderOnce } from "../go-template/render.ts";
import { infoOf, writtenSchema } from "./option.ts";
import { renderOptions } from "./render-options.ts";
import { configSchema, optionNames } from "./schema.ts";

const TEMPLATE = "{{`{{literal}}`}} {{upper `a`}}";
const RENDERED = "{{literal}} A";
/** Whatever a late option may wait for. */
const LATE = { Device: "d", MountPath: "m", Command: "c", BuildRegion: "r", SourceOMI: "o", SourceOMIName: "n" };

/** A value of a schema all of whose texts are `text`; undefined for one that holds no text. */
function withText(schema: z.core.$ZodType, text: string): RawValue | undefined {
  const written = writtenSchema(schema);
  if (written instanceof z.ZodNumber || written instanceof z.ZodBoolean) return undefined;
  if (written instanceof z.ZodArray) return listOf(withText(written.element, text));
  if (written instanceof z.ZodTuple) return [text, text, text];
  if (written instanceof z.ZodRecord) return { [text]: withText(written.valueType, text) ?? null };
  if (!(written instanceof z.ZodObject)) return text;
  const entries = Object.entries(written.shape).map(([key, inner]) => [key, withText(inner, text)] as const);
  return Object.fromEntries(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

function listOf(item: RawValue | undefined): RawValue | undefined {
  return item === undefined ? undefined : [item];
}

const textOptions = optionNames
  .filter((name) => !name.startsWith("packer_") && withText(configSchema.shape[name], "x") !== undefined)
  .map((name) => [name, infoOf(configSchema.shape[name]).lateFields !== undefined] as const);

function renderTexts(value: RawValue): RawValue {
  if (typeof value === "string") return renderOnce(value, { data: LATE });
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(renderTexts);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [String(renderTexts(key)), renderTexts(item)]));
}

describe("renderOptions() renders once", () => {
  it.each(textOptions)("%s, rendered late: %s", (name, isLate) => {
    const raw = { [name]: withText(configSchema.shape[name], TEMPLATE) } as RawConfig;
    const { raw: rendered, problems } = renderOptions(raw, {});
    expect(problems).toEqual([]);
    const value = rendered[name] ?? null;
    // The names of a block's options hold no braces, and stay.
    expect(isLate ? renderTexts(value) : value).toEqual(withText(configSchema.shape[name], RENDERED));
  });

  it("a late option that uses its values with them, and the rest of its text", () => {
    const raw = { omi_description: "{{`{{literal}}`}} {{.SourceOMI}}" };
    expect(renderTexts(renderOptions(raw, {}).raw)).toEqual({ omi_description: "{{literal}} o" });
  });

  it("a variable whose text waits for values, where it is used", () => {
    const userVariables = { wrapper: "sudo {{.Command}}", plain: "{{literal}}" };
    const raw = {
      command_wrapper: "nice {{user `wrapper`}}",
      omi_description: "{{user `plain`}}",
      region: "x",
      packer_user_variables: userVariables,
    };
    const { raw: rendered, problems } = renderOptions(raw, { userVariables });
    expect(problems).toEqual([]);
    expect(rendered.packer_user_variables).toEqual(userVariables);
    expect(rendered.command_wrapper).toBe("nice sudo {{.Command}}");
    expect(renderOptions({ region: "{{user `wrapper`}}" }, { userVariables }).raw.region).toBe("sudo {{.Command}}");
  });
});
