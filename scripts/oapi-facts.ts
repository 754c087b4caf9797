/**
 * Reduces the OUTSCALE API description (OpenAPI) to facts: names, types, required fields, enumerations, formats. Its prose
 * stays where it is. What is left of the schemas is `src/outscale/oapi-facts.yaml`, from which `generate-oapi.ts` writes
 * the code and by which the contract tests judge the local cloud; what is left of the examples is test data.
 */
import { Document, isMap, isScalar, visit } from "yaml";

/** The part of an OpenAPI 3.0 schema that is a fact. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

type Schemas = Readonly<Record<string, Schema>>;

export interface OapiFacts {
  /** Of the API, such as `1.40.1`. */
  readonly version: string;
  /** Those that this project speaks. */
  readonly actions: readonly string[];
  readonly schemas: Schemas;
}

/** A body that the description shows. */
export interface OapiExample {
  readonly action: string;
  readonly direction: "request" | "response";
  readonly value: unknown;
}

/** The part of a description that is read. */
export interface OapiDescription {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Path>>;
  readonly components: { readonly schemas: Schemas };
}

interface Path {
  readonly post: { readonly requestBody: Body; readonly responses: { readonly "200": Body } };
}

interface Body {
  readonly content: {
    readonly "application/json": { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> };
  };
}

/** The actions with all that their schemas refer to, in the order of the description. */
export function factsOf(description: OapiDescription, actions: readonly string[]): OapiFacts {
  const { schemas } = description.components;
  const unknown = actions.filter((action) => !(`/${action}` in description.paths));
  if (unknown.length > 0) throw new Error(`The description has no action ${unknown.join(", ")}`);
  const roots = [...actions.flatMap((action) => [`${action}Request`, `${action}Response`]), "ErrorResponse"];
  const wanted = new Set(dependenciesFirst(schemas, roots));
  return {
    version: description.info.version,
    actions: [...actions].sort(),
    schemas: mapValues(Object.fromEntries(Object.entries(schemas).filter(([name]) => wanted.has(name))), factsOfSchema),
  };
}

/** The bodies that a description shows for some actions, without prose. */
export function examplesOf(description: OapiDescription, actions: readonly string[]): OapiExample[] {
  return actions.flatMap((action) => {
    const post = description.paths[`/${action}`]?.post;
    const bodies = [["request", post?.requestBody] as const, ["response", post?.responses["200"]] as const];
    return bodies.flatMap(([direction, body]) =>
      Object.values(body?.content["application/json"].examples ?? {}).map(({ value }) => {
        return { action, direction, value: withoutProse(value) };
      }),
    );
  });
}

/** The named schemas and all that they refer to, each after what it refers to. */
export function dependenciesFirst(schemas: Schemas, roots: readonly string[]): string[] {
  const ordered = new Set<string>();
  const visitSchema = (name: string): void => {
    if (ordered.has(name)) return;
    for (const used of referencesOf(schemas[name] ?? {})) visitSchema(used);
    ordered.add(name);
  };
  roots.forEach(visitSchema);
  return [...ordered];
}

/** `Volume` of `#/components/schemas/Volume`. */
export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** A YAML text with a comment on top, in which what is short stands on one line. */
export function factsText(comment: string, content: unknown): string {
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = comment.replace(/^/gm, " ");
  visit(document, {
    Collection: (_key, node) => {
      const values: readonly unknown[] = isMap(node) ? node.items.map(({ value }) => value) : node.items;
      node.flow = values.every(isScalar) && JSON.stringify(node).length < 100;
    },
  });
  return document.toString({ lineWidth: 120, flowCollectionPadding: true });
}

function referencesOf(schema: Schema): string[] {
  const parts = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])];
  return [...(schema.$ref ? [nameOf(schema.$ref)] : []), ...parts.flatMap(referencesOf)];
}

function factsOfSchema(schema: Schema): Schema {
  const { $ref, type, format, nullable, pattern, additionalProperties, required, oneOf, items, properties } = schema;
  return {
    ...($ref !== undefined && { $ref }),
    ...(type !== undefined && { type }),
    ...(format !== undefined && { format }),
    ...(nullable !== undefined && { nullable }),
    ...(pattern !== undefined && { pattern }),
    ...(schema.enum && { enum: schema.enum }),
    ...(oneOf && { oneOf: oneOf.map(factsOfSchema) }),
    ...(items && { items: factsOfSchema(items) }),
    ...(additionalProperties !== undefined && { additionalProperties }),
    ...(required && { required }),
    ...(properties && { properties: mapValues(properties, factsOfSchema) }),
  };
}

/** Values of several words are somebody's sentences; a body is the same example with any other text in their place. */
function withoutProse(value: unknown): unknown {
  if (typeof value === "string") return /\s/.test(value) ? "text" : value;
  if (Array.isArray(value)) return value.map(withoutProse);
  return typeof value === "object" && value !== null ? mapValues({ ...value }, withoutProse) : value;
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
