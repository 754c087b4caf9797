import { CancelledError, messageOf } from "../../common/errors.ts";
import { suggestName } from "../../common/suggest-name.ts";
import type { RawConfig } from "../../definition/raw-value.ts";
import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import { childVariableScope, makeVariableScope, type VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { locationOf, type Span } from "../../hcl/source/source-file.ts";
import { readAttributes, readBody } from "../../hcl/syntax/body-content.ts";
import { referencesOf } from "../../hcl/syntax/references.ts";
import type { Block, Body, Expression } from "../../hcl/syntax/syntax.ts";
import { boolType } from "../../hcl/values/type.ts";
import { objectValue, unknownValue, type Value } from "../../hcl/values/value.ts";
import { fromRawValue } from "../raw-from-value.ts";
import { type BodyShape, decodeBody } from "./decode-body.ts";
import { IDENTIFIER_RULE, isIdentifier, readArgument } from "./read-argument.ts";

/** Reads a data source; rejects with what is wrong. */
export type ReadData = (type: string, config: RawConfig) => Promise<RawConfig>;

/** A local or a data source: values that a template computes from others before its builds are known. */
export type Prerequisite = LocalValue | DataSource;

export interface LocalValue {
  readonly kind: "local";
  /** Its address: `local.name`. */
  readonly address: string;
  readonly name: string;
  readonly expression: Expression;
  readonly isSensitive: boolean;
  readonly span: Span;
}

export interface DataSource {
  readonly kind: "data";
  /** Its address: `data.type.name`. */
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly body: Body;
  readonly span: Span;
}

/** Values by address, in the order in which they were evaluated. */
export type PrerequisiteValues = ReadonlyMap<string, Value>;

export interface EvaluatedPrerequisites {
  /** What has failed is not known. */
  readonly values: PrerequisiteValues;
  /** The addresses of what has failed, which has been reported. */
  readonly failed: ReadonlySet<string>;
}

/** The headline of the warning that a data source has not been read. */
export const DATA_NOT_READ = "Data source not read";

const DATA_TYPES = ["null", "outscale-omi"];

/** Reads `local`, `locals` and `data` blocks; what else there is, is left to others. */
export function readPrerequisites(blocks: readonly Block[], diagnostics: Diagnostics): readonly Prerequisite[] {
  const found = new Map<string, Prerequisite>();
  for (const item of blocks.flatMap((block) => readPrerequisite(block, diagnostics))) {
    const first = found.get(item.address);
    if (!first) {
      found.set(item.address, item);
      continue;
    }
    const { file, line } = locationOf(first.span);
    diagnostics.error(
      `Duplicate ${item.kind} definition`,
      `"${item.address}" is already defined at ${file}:${line}.`,
      item.span,
    );
  }
  return [...found.values()];
}

function readPrerequisite(block: Block, diagnostics: Diagnostics): readonly Prerequisite[] {
  if (block.type === "local") return readLocal(block, diagnostics);
  if (block.type === "data") return readDataSource(block, diagnostics);
  if (block.type !== "locals") return [];
  return readAttributes(block.body, diagnostics).map(({ name, nameSpan, value: expression }) => {
    return { kind: "local" as const, address: `local.${name}`, name, expression, isSensitive: false, span: nameSpan };
  });
}

function readLocal(block: Block, diagnostics: Diagnostics): readonly LocalValue[] {
  const label = block.labels[0];
  const name = label?.text ?? "";
  if (!isIdentifier(name)) diagnostics.error("Invalid local name", `"${name}": ${IDENTIFIER_RULE}`, label?.span);
  const { attributes } = readBody(block.body, { attributes: ["sensitive"], required: ["expression"] }, diagnostics);
  const isSensitive =
    readArgument(attributes.get("sensitive"), boolType, makeVariableScope([]), diagnostics)?.asBool() ?? false;
  const expression = attributes.get("expression")?.value;
  if (!expression) return [];
  return [{ kind: "local", address: `local.${name}`, name, expression, isSensitive, span: block.headerSpan }];
}

function readDataSource(block: Block, diagnostics: Diagnostics): readonly DataSource[] {
  const [typeLabel, nameLabel] = block.labels;
  const [type, name] = [typeLabel?.text ?? "", nameLabel?.text ?? ""];
  if (!DATA_TYPES.includes(type)) {
    const detail = `There is no data source "${type}"; there are ${DATA_TYPES.join(" and ")}.${suggestName(type, DATA_TYPES)}`;
    diagnostics.error("Unknown data source", detail, typeLabel?.span);
  }
  if (!isIdentifier(name))
    diagnostics.error("Invalid data source name", `"${name}": ${IDENTIFIER_RULE}`, nameLabel?.span);
  return [{ kind: "data", address: `data.${type}.${name}`, type, name, body: block.body, span: block.headerSpan }];
}

/**
 * Evaluates locals and data sources, each after those that it refers to; circles are reported.
 *
 * @param scope What they can use besides each other
 * @param readData Left out, data sources are not known
 */
export async function evaluatePrerequisites(
  items: readonly Prerequisite[],
  scope: VariableScope,
  options: { readonly readData: ReadData | undefined; readonly shapeOf: (type: string) => BodyShape },
  diagnostics: Diagnostics,
): Promise<EvaluatedPrerequisites> {
  const values = new Map<string, Value>();
  const failed = new Set<string>();
  const { sorted, circular } = sortByDependency(items, diagnostics);
  for (const item of sorted) {
    if (circular.has(item)) {
      values.set(item.address, unknownValue());
      failed.add(item.address);
      continue;
    }
    const before = diagnostics.errorCount;
    const within = childVariableScope(scope, prerequisiteVariables(visibleValues(item, values)));
    const value =
      item.kind === "local"
        ? evaluateLocal(item, within, diagnostics)
        : await evaluateData(item, within, options, diagnostics);
    values.set(item.address, value);
    if (diagnostics.errorCount > before) failed.add(item.address);
  }
  return { values, failed };
}

/**
 * Those of the values that an item names; all of them when it names others, or `local` as a whole. To make the objects
 * that hold all values again for every item would take long in a template of thousands.
 */
function visibleValues(item: Prerequisite, values: PrerequisiteValues): PrerequisiteValues {
  const named = new Map<string, Value>();
  for (const address of dependenciesOf(item)) {
    const value = values.get(address);
    if (value === undefined) return values;
    named.set(address, value);
  }
  return named;
}

function evaluateLocal({ expression, isSensitive }: LocalValue, scope: VariableScope, diagnostics: Diagnostics): Value {
  const value = evaluate(expression, scope, diagnostics);
  return isSensitive ? value.withSensitive() : value;
}

async function evaluateData(
  { type, body, span }: DataSource,
  scope: VariableScope,
  { readData, shapeOf }: { readonly readData: ReadData | undefined; readonly shapeOf: (type: string) => BodyShape },
  diagnostics: Diagnostics,
): Promise<Value> {
  if (type === "null") return evaluateNullData(body, scope, diagnostics);
  const before = diagnostics.errorCount;
  const { config } = decodeBody([{ body, scope }], shapeOf(type), diagnostics);
  if (diagnostics.errorCount > before || !DATA_TYPES.includes(type)) return unknownValue();
  if (!readData) {
    diagnostics.warn(DATA_NOT_READ, "What the template takes from it is not known here.", span);
    diagnostics.expectUnknown();
    return unknownValue();
  }
  try {
    return fromRawValue(await readData(type, config));
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    diagnostics.error(`Cannot read the data source "${type}"`, `${messageOf(error)}.`, span);
    return unknownValue();
  }
}

/** The data source `null` gives back its `input` as `output`. */
function evaluateNullData(body: Body, scope: VariableScope, diagnostics: Diagnostics): Value {
  const { attributes } = readBody(body, { required: ["input"] }, diagnostics);
  const input = attributes.get("input");
  return objectValue([["output", input ? evaluate(input.value, scope, diagnostics) : unknownValue()]]);
}

/** What `local` and `data` are, from the values so far. */
export function prerequisiteVariables(values: PrerequisiteValues): readonly (readonly [string, Value])[] {
  const locals: (readonly [string, Value])[] = [];
  const data = new Map<string, (readonly [string, Value])[]>();
  for (const [address, value] of values) {
    const [kind, type = "", name = ""] = address.split(".");
    if (kind === "local") locals.push([type, value]);
    else data.set(type, [...(data.get(type) ?? []), [name, value]]);
  }
  const dataValue = objectValue([...data].map(([type, named]) => [type, objectValue(named)] as const));
  return [
    ["local", objectValue(locals)],
    ["data", dataValue],
  ];
}

/** The items in an order in which each comes after those it refers to, and those in circles, which are reported. */
function sortByDependency(
  items: readonly Prerequisite[],
  diagnostics: Diagnostics,
): { readonly sorted: readonly Prerequisite[]; readonly circular: ReadonlySet<Prerequisite> } {
  const circular = new Set<Prerequisite>();
  const byAddress = new Map(items.map((item) => [item.address, item]));
  const sorted: Prerequisite[] = [];
  const states = new Map<string, "open" | "done">();
  const visit = (start: Prerequisite): void => {
    // Its own stack: a chain of locals may be longer than the call stack is deep.
    const path = [{ item: start, waiting: dependenciesOf(start) }];
    states.set(start.address, "open");
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const dependency = byAddress.get(top.waiting.pop() ?? "");
      const state = dependency && states.get(dependency.address);
      if (dependency && state === undefined) {
        states.set(dependency.address, "open");
        path.push({ item: dependency, waiting: dependenciesOf(dependency) });
      } else if (dependency && state === "open") {
        const members = path.slice(path.findIndex(({ item }) => item === dependency)).map(({ item }) => item);
        for (const member of members) circular.add(member);
        reportCircle(members, diagnostics);
      } else if (top.waiting.length === 0) {
        states.set(top.item.address, "done");
        sorted.push(top.item);
        path.pop();
      }
    }
  };
  for (const item of items) if (!states.has(item.address)) visit(item);
  return { sorted, circular };
}

function reportCircle(members: readonly Prerequisite[], diagnostics: Diagnostics): void {
  const [first] = members;
  const addresses = [...members, first].map((member) => member?.address);
  diagnostics.error("Circular reference", `The values depend on each other: ${addresses.join(" -> ")}.`, first?.span);
}

function dependenciesOf(item: Prerequisite): string[] {
  const addresses = expressionsIn(item).flatMap((expression) =>
    [...referencesOf(expression)].map(({ root, path }) => {
      return root === "local" ? `local.${path[0]}` : root === "data" ? `data.${path[0]}.${path[1]}` : "";
    }),
  );
  return [...new Set(addresses)].filter((address) => address !== "").reverse();
}

/** What a local or a data source is computed from. */
export function expressionsIn(item: Prerequisite): readonly Expression[] {
  return item.kind === "local" ? [item.expression] : expressionsOf(item.body);
}

/** Every expression of a body, at any depth. */
export function expressionsOf(body: Body): readonly Expression[] {
  return [...body.attributes.map(({ value }) => value), ...body.blocks.flatMap((block) => expressionsOf(block.body))];
}
