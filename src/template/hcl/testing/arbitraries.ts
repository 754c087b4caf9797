import fc from "fast-check";

/** Variables that generated expressions read; `sampleScope()` has them, `missing` excepted. */
export const VARIABLE_NAMES = ["s", "n", "b", "l", "set", "m", "o", "nul", "us", "ud", "ln", "missing"] as const;

const number = fc.oneof(
  fc.integer({ min: -3, max: 1000 }).map((value) => `${Math.abs(value)}`),
  fc.constantFrom("0", "1.5", "0.1", "1e3", "2.50", "1e-2", "123456789012345678901234567890"),
);
const textPiece = fc.constantFrom(
  "a",
  "hello ",
  "é",
  "$",
  "%",
  "$${x}",
  "%%{if}",
  "\\n",
  '\\"',
  "\\u00e9",
  "  ",
  "1",
  "true",
);
const name = fc.constantFrom("a", "b", "c", "id", "x", "y");
const binary = fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||");

/** Expressions of every kind that the grammar has; many have no value, as their types do not fit. */
export const expressionText: fc.Arbitrary<string> = fc.letrec<{ expression: string; template: string }>((tie) => {
  const inner = tie("expression");
  const template = fc
    .array(
      fc.oneof(
        { arbitrary: textPiece, weight: 3 },
        {
          arbitrary: fc
            .tuple(fc.constantFrom("${", "${~"), inner, fc.constantFrom("}", "~}"))
            .map((parts) => parts.join("")),
          weight: 3,
        },
        {
          arbitrary: fc.tuple(inner, tie("template"), tie("template")).map(([condition, yes, no]) => {
            return `%{ if ${condition} ~}${yes}%{ else }${no}%{~ endif }`;
          }),
          weight: 1,
        },
        {
          arbitrary: fc.tuple(inner, tie("template")).map(([list, body]) => `%{ for x in ${list} }${body}%{ endfor }`),
          weight: 1,
        },
      ),
      { maxLength: 3 },
    )
    .map((pieces) => pieces.join(""));
  const quoted = tie("template").map((text) => `"${text}"`);
  const expression = fc.oneof(
    { maxDepth: 4, depthIdentifier: "expression" },
    number,
    fc.constantFrom("true", "false", "null", '"text"', '"12"', '"true"', '""'),
    fc.constantFrom(...VARIABLE_NAMES),
    quoted,
    fc.tuple(inner, binary, inner).map(([left, operator, right]) => `${left} ${operator} ${right}`),
    fc.tuple(fc.constantFrom("-", "!"), inner).map(([operator, operand]) => `${operator}${operand}`),
    inner.map((text) => `(${text})`),
    fc.tuple(inner, inner, inner).map(([condition, yes, no]) => `${condition} ? ${yes} : ${no}`),
    fc.array(inner, { maxLength: 3 }).map((elements) => `[${elements.join(", ")}]`),
    fc
      .array(
        fc.tuple(
          fc.oneof(
            name,
            inner.map((text) => `(${text})`),
          ),
          inner,
        ),
        { maxLength: 3 },
      )
      .map((items) => {
        return `{${items.map(([key, value]) => `${key} = ${value}`).join(", ")}}`;
      }),
    fc.tuple(inner, name).map(([target, attribute]) => `(${target}).${attribute}`),
    fc.tuple(inner, inner).map(([target, key]) => `(${target})[${key}]`),
    fc
      .tuple(inner, fc.constantFrom("[*]", ".*"), fc.constantFrom("", ".id", ".c"))
      .map(([target, splat, rest]) => `(${target})${splat}${rest}`),
    fc.tuple(inner, inner).map(([list, value]) => `[for v in ${list}: ${value}]`),
    fc.tuple(inner, inner).map(([list, condition]) => `[for k, v in ${list}: "\${k}-\${v}" if ${condition}]`),
    fc.tuple(inner, inner, inner, fc.constantFrom("", "...")).map(([list, key, value, group]) => {
      return `{for k, v in ${list}: ${key} => ${value}${group}}`;
    }),
    fc
      .tuple(fc.constantFrom("upper", "length", "tolist", "toset", "tomap", "try", "can"), inner)
      .map(([fn, arg]) => `${fn}(${arg})`),
    fc
      .tuple(fc.constantFrom("concat", "max", "min"), fc.array(inner, { maxLength: 3 }), fc.constantFrom("", "..."))
      .map(([fn, args, expand]) => {
        return `${fn}(${args.join(", ")}${args.length > 0 ? expand : ""})`;
      }),
  );
  return { expression, template };
}).expression;
