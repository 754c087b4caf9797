import { nameOf, type OapiFacts, type Schema } from "../../../scripts/oapi-facts.ts";

/** Where in a body a field is, and what the description says of it. */
export interface DescribedField {
  readonly path: readonly (string | number)[];
  readonly schema: Schema;
}

/** A body with every field that the description has, each once. */
export function describedBody(facts: OapiFacts, name: string): unknown {
  return exampleOf(facts, facts.schemas[name] ?? {});
}

/** Every field of such a body, at every depth. */
export function describedFields(facts: OapiFacts, name: string): DescribedField[] {
  return fieldsOf(facts, facts.schemas[name] ?? {}, []);
}

/** A copy of a body with one field replaced. */
export function withField(body: unknown, [step, ...rest]: DescribedField["path"], value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(body)) return body.map((each, index) => (index === step ? withField(each, rest, value) : each));
  return { ...(body as object), [step]: withField(Reflect.get(body as object, step), rest, value) };
}

function resolved({ schemas }: OapiFacts, schema: Schema): Schema {
  const found = schema.$ref ? schemas[nameOf(schema.$ref)] : schema.oneOf?.[0];
  return found ?? schema;
}

function exampleOf(facts: OapiFacts, given: Schema): unknown {
  const schema = resolved(facts, given);
  if (schema.type === "array") return [exampleOf(facts, schema.items ?? {})];
  if (schema.type === "object") {
    const properties = Object.entries(schema.properties ?? {});
    return Object.fromEntries(properties.map(([key, property]) => [key, exampleOf(facts, property)]));
  }
  if (schema.type === "integer") return 7;
  return schema.type === "boolean" ? true : (schema.enum?.[0] ?? "text");
}

function fieldsOf(facts: OapiFacts, given: Schema, path: DescribedField["path"]): DescribedField[] {
  const schema = resolved(facts, given);
  if (schema.type === "array") return fieldsOf(facts, schema.items ?? {}, [...path, 0]);
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => [
    { path: [...path, key], schema: property },
    ...fieldsOf(facts, property, [...path, key]),
  ]);
}
