import type { ForIntro } from "./parse-template.ts";
import type { Expression, ForExpression, ObjectItem } from "./syntax.ts";
import type { Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** The rule for any expression, given to the rules here as the two contain each other. */
export type ParseExpression = (stream: TokenStream) => Expression;

/** `Tuple = "[" (Expression ("," Expression)* ","?)? "]"` */
export function parseTuple(stream: TokenStream, parse: ParseExpression): Expression {
  const open = stream.next();
  return stream.withNewlines(true, () => {
    if (stream.isKeyword("for")) return parseFor(stream, open, parse);
    const elements: Expression[] = [];
    while (!stream.take("]")) {
      elements.push(parse(stream));
      if (stream.at("]")) continue;
      const summary = stream.at("end-of-file") ? "Unterminated list" : "Missing item separator";
      stream.expect(",", summary, 'Elements are separated by commas, and the list ends with "]".');
    }
    return { kind: "tuple", span: stream.spanFrom(open), elements };
  });
}

/** `Object = "{" (Item (("," | newline) Item)* ("," | newline)?)? "}"` */
export function parseObject(stream: TokenStream, parse: ParseExpression): Expression {
  const open = stream.next();
  // A "for" may be on the next line, while between items line ends count.
  const isFor = stream.withNewlines(true, () => stream.isKeyword("for"));
  if (isFor) return stream.withNewlines(true, () => parseFor(stream, open, parse));
  return stream.withNewlines(false, () => {
    const items: ObjectItem[] = [];
    for (;;) {
      while (stream.take("newline"));
      if (stream.take("}")) return { kind: "object", span: stream.spanFrom(open), items };
      items.push(parseObjectItem(stream, parse));
      if (stream.at("}") || stream.take(",") || stream.take("newline")) continue;
      const summary = stream.at("end-of-file") ? "Unterminated object" : "Missing attribute separator";
      stream.fail(summary, 'Attributes are separated by commas or line ends, and the object ends with "}".');
    }
  });
}

/** `Item = (identifier | Expression) ("=" | ":") Expression` */
function parseObjectItem(stream: TokenStream, parse: ParseExpression): ObjectItem {
  const key = parse(stream);
  if (!stream.take("=") && !stream.take(":")) {
    const isValueMissing = stream.at("newline", ",", "}");
    const summary = isValueMissing ? "Missing attribute value" : "Missing key/value separator";
    const advice = stream.at("identifier") ? " A name with spaces or points in it stands in quotes." : "";
    stream.fail(summary, `An equals sign ("=") and a value are required after the name.${advice}`);
  }
  return { key, value: parse(stream) };
}

/**
 * `For = "[" Intro Expression Filter? "]" | "{" Intro Expression "=>" Expression "..."? Filter? "}"`, with
 * `Intro = "for" identifier ("," identifier)? "in" Expression ":"` and `Filter = "if" Expression`
 */
function parseFor(stream: TokenStream, open: Token, parse: ParseExpression): ForExpression {
  stream.next();
  const intro = parseForIntro(stream, "expression", parse);
  stream.expect(":", "Invalid 'for' expression", 'A ":" is required after the collection.');
  const first = parse(stream);
  const arrow = stream.take("=>");
  const value = arrow ? parse(stream) : first;
  const ellipsis = stream.take("...");
  const condition = stream.takeKeyword("if") ? parse(stream) : undefined;
  const isObject = open.type === "{";
  stream.expect(isObject ? "}" : "]", "Invalid 'for' expression", `It must end here, with "${isObject ? "}" : "]"}".`);
  const span = stream.spanFrom(open);
  if (!isObject && arrow)
    stream.fail("Invalid 'for' expression", 'There are no keys ("=>") in a list; use {} for an object.', first.span);
  if (!isObject && ellipsis)
    stream.fail("Invalid 'for' expression", 'Only values of an object can be grouped ("...").', stream.span(ellipsis));
  if (isObject && !arrow)
    stream.fail("Invalid 'for' expression", 'An object needs a key and "=>" before each value.', value.span);
  return {
    kind: "for",
    span,
    ...intro,
    key: arrow ? first : undefined,
    value,
    condition,
    isGrouped: ellipsis !== undefined,
  };
}

/** What follows the word `for`: `identifier ("," identifier)? "in" Expression` */
export function parseForIntro(stream: TokenStream, noun: "expression" | "directive", parse: ParseExpression): ForIntro {
  const summary = `Invalid 'for' ${noun}`;
  const takeName = (after: string) => {
    return stream.text(stream.expect("identifier", summary, `The name of a variable is required after ${after}.`));
  };
  const first = takeName("'for'");
  const second = stream.take(",") ? takeName("the comma") : undefined;
  if (!stream.takeKeyword("in")) stream.fail(summary, "The word 'in' is required after the names.");
  const collection = parse(stream);
  return { keyName: second === undefined ? undefined : first, valueName: second ?? first, collection };
}
