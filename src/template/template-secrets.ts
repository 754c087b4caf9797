import { ownValue } from "../common/own-value.ts";
import { secrets } from "../common/secrets.ts";
import type { SourceFile } from "../hcl/source/source-file.ts";
import type { Body } from "../hcl/syntax/syntax.ts";
import type { Value } from "../hcl/values/value.ts";
import type { Prerequisite, PrerequisiteValues } from "./blocks/prerequisites.ts";
import { type InputVariable, valueOfVariable } from "./blocks/variables.ts";
import type { ResolvedVariables } from "./json/user-variables.ts";

/** Shorter texts that are computed from a secret may be anything: `true`, `enabled`, `eu-west-2`. */
const SHORTEST_COMPUTED = 16;

/**
 * From here on nobody prints the values of sensitive variables, whatever becomes of the template. What others have been
 * made of credentials is computed.
 */
export function registerSecretVariables(variables: Iterable<InputVariable>, bodies: readonly Body[]): void {
  const sources = sourcesOf(bodies);
  for (const variable of variables) {
    const texts = sensitiveTexts(valueOfVariable(variable));
    if (variable.isSensitive) for (const text of texts) secrets.add(text);
    else registerComputed(texts, sources);
  }
}

/** The same for locals: one that is declared sensitive is a secret by itself, others hold what was made of secrets. */
export function registerSecretLocals(
  prerequisites: readonly Prerequisite[],
  values: PrerequisiteValues,
  bodies: readonly Body[],
): void {
  const sources = sourcesOf(bodies);
  for (const item of prerequisites) {
    const value = values.get(item.address);
    if (!value?.containsSensitive) continue;
    const texts = sensitiveTexts(value);
    if (item.kind === "local" && item.isSensitive) for (const text of texts) secrets.add(text);
    else registerComputed(texts, sources);
  }
}

/** The same for the variables of a JSON template. */
export function registerUserSecrets(
  { values, sensitive }: ResolvedVariables,
  declared: readonly string[],
  source: SourceFile,
): void {
  for (const name of declared) secrets.add(ownValue(values, name));
  const computed = sensitive.filter((name) => !declared.includes(name)).map((name) => ownValue(values, name) ?? "");
  registerComputed(computed, [source]);
}

function sourcesOf(bodies: readonly Body[]): readonly SourceFile[] {
  return bodies.map(({ endSpan }) => endSpan.source);
}

/**
 * What was made of a secret is one as a whole, unless the template says it openly: the result of
 * `var.password == "" ? "there is no password" : "there is one"` is none.
 */
function registerComputed(texts: readonly string[], sources: readonly SourceFile[]): void {
  const isPublic = (text: string) => sources.some((source) => source.text.includes(text));
  for (const text of texts) if (text.length >= SHORTEST_COMPUTED && !isPublic(text)) secrets.addWhole(text);
}

/** The texts and numbers in a value that are sensitive, by themselves or by what they are in. */
function sensitiveTexts(value: Value, isWithin = false): readonly string[] {
  const isSensitive = isWithin || value.isSensitive;
  if (!value.isKnown || value.isNull) return [];
  if (value.isContainer) return value.elements().flatMap((element) => sensitiveTexts(element, isSensitive));
  if (!isSensitive || value.type.kind === "bool") return [];
  return [value.type.kind === "string" ? value.asString() : value.asNumber().toString()];
}
