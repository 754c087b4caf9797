/**
 * Turns the OUTSCALE API description (OpenAPI, YAML) into the zod schemas of `src/outscale/`.
 *
 * Two files come out, because the two directions follow different rules: what is *sent* is checked strictly (the local
 * cloud refuses unknown fields and values), what is *answered* is read leniently (the service adds fields and states
 * that no description lists yet). Run by `npx vitest run src/outscale/oapi.test.ts -u`; the same test without `-u` says
 * whether the committed files are up to date.
 */
import { parse } from "yaml";

/** The part of OpenAPI 3.0 that the description uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Description {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Path>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Path {
  readonly post: {
    readonly requestBody: Body;
    readonly responses: { readonly "200": Body };
  };
}

interface Body {
  readonly content: {
    readonly "application/json": { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> };
  };
}

type Direction = "Request" | "Response";

/**
 * What every answer holds, although the description marks next to nothing as required: identity, state, and the lists
 * that are there even when empty, as recorded from the real service. The builder depends on these; an answer without
 * them is refused.
 */
const ALWAYS_ANSWERED: Readonly<Record<string, readonly string[]>> = {
  Account: ["AccountId"],
  BlockDeviceMappingCreated: ["DeviceName"],
  BlockDeviceMappingImage: ["DeviceName"],
  BsuCreated: ["VolumeId"],
  Errors: ["Code", "Type"],
  Image: ["AccountId", "BlockDeviceMappings", "CreationDate", "ImageId", "ImageName", "State", "Tags"],
  ImageExportTask: ["State", "TaskId"],
  LinkedVolume: ["DeviceName", "State", "VmId", "VolumeId"],
  Placement: ["SubregionName"],
  Region: ["Endpoint", "RegionName"],
  Snapshot: ["AccountId", "CreationDate", "SnapshotId", "State", "Tags", "VolumeSize"],
  SnapshotExportTask: ["State", "TaskId"],
  Subregion: ["RegionName", "State", "SubregionName"],
  Tag: ["Key", "ResourceId", "ResourceType", "Value"],
  Vm: ["BlockDeviceMappings", "State", "VmId"],
  Volume: ["CreationDate", "LinkedVolumes", "Size", "State", "SubregionName", "Tags", "VolumeId", "VolumeType"],
};

/** A payload of a successful answer: `Volume`, `Images`, ... `NextPageToken` and `ResponseContext` may be absent. */
const OPTIONAL_PAYLOAD = ["NextPageToken", "ResponseContext"];

const SCALARS: Readonly<Record<string, string>> = { string: "text", boolean: "flag", integer: "whole" };

const HEADERS: Readonly<Record<Direction, string>> = {
  Request: `const text = z.string();
const flag = z.boolean();
const whole = z.int();
const date = z.iso.date().or(z.iso.datetime({ offset: true }));
/** What is sent is checked to the letter: an unknown field is refused. */
const object = z.strictObject;
`,
  Response: `const text = z.string();
const flag = z.boolean();
const whole = z.int();
/** What is answered is read leniently: an unknown field is dropped, an unlisted state is just text. */
const object = z.object;
`,
};

export interface GeneratedOapi {
  readonly requests: string;
  readonly answers: string;
  /** Every action of the description, sorted. */
  readonly actions: readonly string[];
}

/** The text of `oapi-requests.ts` and `oapi-answers.ts`, formatted as Biome leaves it. */
export function generateOapi(yaml: string): GeneratedOapi {
  const description: Description = parse(yaml);
  return {
    requests: generateFile(description, "Request"),
    answers: generateFile(description, "Response"),
    actions: Object.keys(description.paths)
      .map((path) => path.slice(1))
      .sort(),
  };
}

export interface Example {
  readonly action: string;
  readonly direction: "request" | "response";
  readonly value: unknown;
}

/** The bodies that the description shows for its actions. */
export function examplesOf(yaml: string): Example[] {
  const description: Description = parse(yaml);
  return Object.entries(description.paths).flatMap(([path, { post }]) => {
    const bodies = [
      ["request", post.requestBody],
      ["response", post.responses["200"]],
    ] as const;
    return bodies.flatMap(([direction, { content }]) =>
      Object.values(content["application/json"].examples ?? {}).map(({ value }) => {
        return { action: path.slice(1), direction, value };
      }),
    );
  });
}

function generateFile(description: Description, direction: Direction): string {
  const { schemas } = description.components;
  const roots = Object.keys(schemas).filter((name) => name.endsWith(direction));
  const declarations = dependenciesFirst(schemas, roots).map((name) =>
    declaration(name, schemas[name] ?? {}, direction),
  );
  const origin = `// Generated by scripts/generate-oapi.ts from the OUTSCALE API description ${description.info.version} (outscale/osc-api).`;
  return `${origin}\n\nimport * as z from "zod";\n\n${HEADERS[direction]}\n${declarations.join("\n")}`;
}

/** The named schemas and all that they refer to, each after what it refers to: a `const` is read once it exists. */
function dependenciesFirst(schemas: Readonly<Record<string, Schema>>, roots: readonly string[]): string[] {
  const ordered = new Set<string>();
  const visit = (name: string): void => {
    if (ordered.has(name)) return;
    for (const used of referencesOf(schemas[name] ?? {})) visit(used);
    ordered.add(name);
  };
  roots.forEach(visit);
  return [...ordered];
}

function referencesOf(schema: Schema): string[] {
  const parts = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])];
  return [...(schema.$ref ? [nameOf(schema.$ref)] : []), ...parts.flatMap(referencesOf)];
}

function declaration(name: string, schema: Schema, direction: Direction): string {
  return `export const ${name} = ${expression(name, schema, direction)};\nexport type ${name} = z.infer<typeof ${name}>;\n`;
}

function expression(name: string, schema: Schema, direction: Direction): string {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.oneOf) return oneOf(schema.oneOf, direction);
  if (schema.type === "array" && schema.items) return `z.array(${expression(name, schema.items, direction)})`;
  if (schema.type === "object") return objectExpression(name, schema, direction);
  if (direction === "Request" && schema.enum) return `z.enum(${JSON.stringify(schema.enum).replaceAll(",", ", ")})`;
  if (direction === "Request" && schema.format?.startsWith("date")) return "date";
  const scalar = SCALARS[schema.type ?? ""];
  if (!scalar) throw new Error(`Cannot express the schema of "${name}": ${JSON.stringify(schema)}`);
  return scalar;
}

/** The description offers alternatives only between a date and a date with a time. */
function oneOf(alternatives: readonly Schema[], direction: Direction): string {
  const [only, ...others] = new Set(alternatives.map((schema) => expression("oneOf", schema, direction)));
  if (!only || others.length > 0) throw new Error(`Cannot express alternatives: ${JSON.stringify(alternatives)}`);
  return only;
}

function objectExpression(name: string, schema: Schema, direction: Direction): string {
  const required = new Set(requiredProperties(name, schema, direction));
  const properties = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const optional = required.has(key) ? "" : ".optional()";
    return `  ${key}: ${expression(key, property, direction)}${optional},\n`;
  });
  return properties.length === 0 ? "object({})" : `object({\n${properties.join("")}})`;
}

function requiredProperties(name: string, schema: Schema, direction: Direction): readonly string[] {
  if (direction === "Request") return schema.required ?? [];
  if (name.endsWith("Response")) {
    return Object.keys(schema.properties ?? {}).filter((key) => !OPTIONAL_PAYLOAD.includes(key));
  }
  return [...(schema.required ?? []), ...(ALWAYS_ANSWERED[name] ?? [])];
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}
