import { parseDuration } from "../../common/duration.ts";
import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import type { VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { Span } from "../../hcl/source/source-file.ts";
import { readBodyPartly } from "../../hcl/syntax/body-content.ts";
import type { Attribute, Body, Expression } from "../../hcl/syntax/syntax.ts";
import { boolType, listType, numberType, stringType, typeName } from "../../hcl/values/type.ts";
import type { Value } from "../../hcl/values/value.ts";
import { sensitivePaths, toRawConfig } from "../raw-from-value.ts";
import type { DecodedBody } from "./decode-body.ts";
import type { ScopedBlock } from "./dynamic-blocks.ts";
import { readArgument } from "./read-argument.ts";

/** What every provisioner and post-processor block has besides the options of its type. */
export interface ComponentBlock {
  readonly type: string;
  readonly name: string;
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly pauseBeforeMs: number;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly continueOnError: boolean;
  readonly keepInputArtifact: boolean | undefined;
  /** Options by the name of the source that they are for. */
  readonly override: Expression | undefined;
  /** The options of the type. */
  readonly body: Body;
  readonly scope: VariableScope;
  readonly span: Span;
}

const COMMON = ["name", "only", "except"];
const PROVISIONER = [...COMMON, "pause_before", "timeout", "max_retries", "continue_on_error", "override"];
const POST_PROCESSOR = [...COMMON, "keep_input_artifact"];

/** Reads a `provisioner`, `error-cleanup-provisioner` or `post-processor` block, but not the options of its type. */
export function readComponentBlock({ block, scope }: ScopedBlock, diagnostics: Diagnostics): ComponentBlock {
  const names = block.type === "post-processor" ? POST_PROCESSOR : PROVISIONER;
  const { attributes, rest } = readBodyPartly(block.body, { attributes: names }, diagnostics);
  const reader = new ArgumentReader(attributes, scope, diagnostics);
  const [only, except] = [reader.texts("only"), reader.texts("except")];
  if (only.length > 0 && except.length > 0) {
    diagnostics.error(
      "Only one of 'only' and 'except' may be set",
      "Name the sources it is for, or those it is not for.",
      block.headerSpan,
    );
  }
  checkOverride(attributes.get("override")?.value, scope, diagnostics);
  return {
    type: block.labels[0]?.text ?? "",
    name: reader.text("name") ?? "",
    only,
    except,
    pauseBeforeMs: reader.duration("pause_before"),
    timeoutMs: reader.duration("timeout"),
    maxRetries: reader.count("max_retries"),
    continueOnError: reader.bool("continue_on_error") ?? false,
    keepInputArtifact: reader.bool("keep_input_artifact"),
    override: attributes.get("override")?.value,
    body: rest,
    scope,
    span: block.headerSpan,
  };
}

/** Reads arguments by the types that they must have. */
class ArgumentReader {
  readonly #attributes: ReadonlyMap<string, Attribute>;
  readonly #scope: VariableScope;
  readonly #diagnostics: Diagnostics;

  constructor(attributes: ReadonlyMap<string, Attribute>, scope: VariableScope, diagnostics: Diagnostics) {
    this.#attributes = attributes;
    this.#scope = scope;
    this.#diagnostics = diagnostics;
  }

  text(name: string): string | undefined {
    return readArgument(this.#attributes.get(name), stringType, this.#scope, this.#diagnostics)?.asString();
  }

  bool(name: string): boolean | undefined {
    return readArgument(this.#attributes.get(name), boolType, this.#scope, this.#diagnostics)?.asBool();
  }

  texts(name: string): readonly string[] {
    const list = readArgument(this.#attributes.get(name), listType(stringType), this.#scope, this.#diagnostics);
    return list?.elements().flatMap((element) => (element.isNull ? [] : [element.asString()])) ?? [];
  }

  count(name: string): number {
    const number = readArgument(this.#attributes.get(name), numberType, this.#scope, this.#diagnostics)?.asNumber();
    if (number === undefined) return 0;
    if (number.isInteger && number.sign >= 0) return number.toNumber();
    this.#fail(name, `"${name}" must be a whole number.`);
    return 0;
  }

  duration(name: string): number {
    const text = this.text(name);
    if (text === undefined || text === "") return 0;
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined && milliseconds >= 0) return milliseconds;
    this.#fail(name, `"${name}" must be a duration such as "10s" or "1h30m".`);
    return 0;
  }

  #fail(name: string, detail: string): void {
    this.#diagnostics.error("Invalid argument value", detail, this.#attributes.get(name)?.value.span);
  }
}

/** An override is an object of objects; what they say is looked at when the provisioner's options are. */
function checkOverride(expression: Expression | undefined, scope: VariableScope, diagnostics: Diagnostics): void {
  if (!expression) return;
  const before = diagnostics.errorCount;
  const value = evaluate(expression, scope, diagnostics);
  if (diagnostics.errorCount > before || value.isNull) return;
  if (!value.isKnown) {
    diagnostics.unknown('"override" must be known before a build begins, but for the values in it.', expression.span);
    return;
  }
  const unfit =
    value.type.kind !== "object"
      ? value
      : value.elements().find(({ type }) => type.kind !== "object" && type.kind !== "dynamic");
  if (!unfit) return;
  const detail = `It is an object of objects, { NAME = { option = value } }; this has a ${typeName(unfit.type)}.`;
  diagnostics.error("Invalid provisioner override", detail, expression.span);
}

/** The overriding options for a source, and which of them are sensitive; none when there are none for it. */
export function overrideFor(
  component: ComponentBlock,
  sourceName: string,
  scope: VariableScope,
  diagnostics: Diagnostics,
): Pick<DecodedBody, "config" | "sensitive"> {
  const none = { config: {}, sensitive: new Set<string>() };
  if (!component.override) return none;
  const overrides = evaluate(component.override, scope, diagnostics);
  const options = hasKeys(overrides) ? overrides.get(sourceName) : undefined;
  if (options && !options.isKnown) diagnostics.unknown("What is overridden is not known.", component.override.span);
  if (!options || !hasKeys(options)) return none;
  const isSensitive = overrides.isSensitive || options.isSensitive;
  const paths = [...options.asMap()].flatMap(([name, value]) =>
    sensitivePaths(isSensitive ? value.withSensitive() : value, name),
  );
  return { config: toRawConfig(options.asMap()), sensitive: new Set(paths) };
}

function hasKeys(value: Value): boolean {
  return value.isContainer && (value.type.kind === "object" || value.type.kind === "map");
}

/** Whether `only` and `except` leave a component out of the build of a source. */
export function isSkipped({ only, except }: ComponentBlock, buildName: string): boolean {
  if (only.length > 0) return !only.includes(buildName);
  return except.includes(buildName);
}
