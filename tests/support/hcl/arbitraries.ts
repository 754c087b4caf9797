import fc from "fast-check";

/** Variables that generated expressions read; `sampleScope()` has them, `missing` excepted. */
const VARIABLE_NAMES = ["s", "n", "b", "l", "set", "m", "o", "nul", "us", "ud", "ln", "missing"] as const;

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

/** Values that take several lines, and layouts that expressions alone do not have. */
const SAMPLE_VALUES = [
  "<<EOT\n  text ${ s }\nEOT",
  "<<-EOT\n    a\n     %{if true}b%{endif}\n    EOT",
  "[\n1,\n  2,\n]",
  "{\na = 1\nbbb = 2 # c\n}",
  "upper(\n1,\n[ 2 ],\n{ a = 1 })",
  "[for a in [1]: a]",
  "-1 - -2",
  "b ? -n : !b",
  "o . c [0] [ * ]",
] as const;

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

const spaces = fc.constantFrom("", " ", "  ", "\t");
const comment = fc.constantFrom("", "", " # note", " // x", " /* c */");

const configItem: fc.Arbitrary<string> = fc.letrec<{ item: string }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 3, depthIdentifier: "item" },
    fc.tuple(fc.uuid(), spaces, spaces, expressionText, comment).map(([id, before, after, value, end]) => {
      return `a${id}${before}=${after}${value}${end}\n`;
    }),
    fc.constantFrom(
      "# comment\n",
      "\n",
      "// c\n",
      "/* multi\n line */\n",
      "one { a = 1 }\n",
      "empty {}\n",
      "empty{ }\n",
    ),
    fc.tuple(fc.uuid(), fc.constantFrom(...SAMPLE_VALUES)).map(([id, value]) => `b${id}  = ${value}\n`),
    fc
      .tuple(fc.constantFrom("blk", 'source "x" "y"', "tag  a"), fc.array(tie("item"), { maxLength: 4 }))
      .map(([head, items]) => {
        return `${head} {\n${items.join("")}}\n`;
      }),
  ),
})).item;

/** Files with attributes, blocks, comments and heredocs, in any layout; nearly all of them can be read. */
export const configText: fc.Arbitrary<string> = fc.array(configItem, { maxLength: 6 }).map((items) => items.join(""));

/** What may be put anywhere into a text to break it. */
const intruder = fc.constantFrom(
  ..."{}[]()\"\n#=,.:?$%~*/-<>! \r\tabcé'`;&|0\\\u0000\uFEFF",
  ...[
    "${",
    "%{",
    "<<EOT\n",
    "EOT\n",
    "//",
    "/*",
    "*/",
    "=>",
    "...",
    "::",
    "for ",
    "in ",
    "if ",
    "null",
    "\u{1F600}",
    "\ud800",
  ],
);

/** A text with pieces replaced, inserted and removed. */
export function mutationsOf(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const mutation = fc.tuple(fc.nat(), fc.nat(3), intruder);
  return fc.tuple(text, fc.array(mutation, { maxLength: 5 })).map(([original, mutations]) => {
    return mutations.reduce((mutated, [at, removed, inserted]) => {
      const place = at % (mutated.length + 1);
      return mutated.slice(0, place) + inserted + mutated.slice(place + removed);
    }, original);
  });
}
