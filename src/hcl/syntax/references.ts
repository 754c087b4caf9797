import type { Span } from "../source/source-file.ts";
import { literalText } from "./literal-text.ts";
import type { Expression } from "./syntax.ts";

/** A variable that an expression reads, with the attributes that follow it: `var.disks[0].size` has the path `disks`; `var["disks"]` too. */
export interface Reference {
  readonly root: string;
  readonly path: readonly string[];
  /** Where each name of the path stands; quotes are not part of it. */
  readonly pathSpans: readonly Span[];
  /** From the variable to the last attribute of the path. */
  readonly span: Span;
}

/** Every variable that an expression reads from outside, in the order of the text. */
export function* referencesOf(expression: Expression, inner: ReadonlySet<string> = new Set()): Iterable<Reference> {
  const reference = asReference(expression);
  if (reference) {
    if (!inner.has(reference.root)) yield reference;
    // An index stands between the attributes; what is in its brackets is read as well.
    yield* keysOf(expression, inner);
    return;
  }
  if (expression.kind === "for") {
    yield* referencesOf(expression.collection, inner);
    const names = [expression.keyName, expression.valueName].filter((name) => name !== undefined);
    const within = new Set([...inner, ...names]);
    for (const part of [expression.key, expression.value, expression.condition]) {
      if (part) yield* referencesOf(part, within);
    }
    return;
  }
  for (const child of childrenOf(expression)) yield* referencesOf(child, inner);
}

function* keysOf(expression: Expression, inner: ReadonlySet<string>): Iterable<Reference> {
  for (let current = expression; "target" in current; current = current.target) {
    if (current.kind === "index") yield* referencesOf(current.key, inner);
  }
}

/** The chain `root.a.b` that an expression begins with, as far as it is known from the text alone. */
function asReference(expression: Expression): Reference | undefined {
  const chain: Expression[] = [];
  let current = expression;
  while (current.kind === "attribute" || current.kind === "index") {
    chain.unshift(current);
    current = current.target;
  }
  if (current.kind !== "variable") return undefined;
  const path: string[] = [];
  const pathSpans: Span[] = [];
  let { span } = current;
  for (const step of chain) {
    const name = step.kind === "attribute" ? step.name : step.kind === "index" ? literalText(step.key) : undefined;
    if (name === undefined) break;
    path.push(name);
    pathSpans.push(nameSpan(step, name));
    span = step.span;
  }
  return { root: current.name, path, pathSpans, span };
}

/** Where the name of a step stands: at the end of `.name`, within the quotes of `["name"]`. */
function nameSpan(step: Expression, name: string): Span {
  const whole = step.kind === "index" ? step.key.span : { ...step.span, start: step.span.end - name.length };
  const isQuoted = step.kind === "index" && /^"/.test(whole.source.text.slice(whole.start, whole.end));
  return isQuoted ? { ...whole, start: whole.start + 1, end: whole.end - 1 } : whole;
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "template":
      return expression.parts;
    case "wrap":
    case "parentheses":
      return [expression.inner];
    case "attribute":
      return [expression.target];
    case "index":
      return [expression.target, expression.key];
    case "splat":
      return [expression.target, expression.each];
    case "call":
      // The second argument of convert() is a type.
      return expression.name === "convert" ? expression.args.slice(0, 1) : expression.args;
    case "conditional":
      return [expression.condition, expression.whenTrue, expression.whenFalse];
    case "binary":
      return [expression.left, expression.right];
    case "unary":
      return [expression.operand];
    case "tuple":
      return expression.elements;
    case "object":
      return expression.items.flatMap(({ key, value }) => (key.kind === "variable" ? [value] : [key, value]));
    case "join":
      return [expression.tuple];
    default:
      return [];
  }
}
