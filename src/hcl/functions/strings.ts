import { graphemes } from "../../common/graphemes.ts";
import { toLower, toTitle, toUpper } from "../../go-template/go/letter-case.ts";
import { replaceText, splitText, trimCharacters, trimSpace } from "../../go-template/go/strings.ts";
import { compareStrings, listType, stringType } from "../values/type.ts";
import { listValue, stringValue, unknownValue, type Value } from "../values/value.ts";
import {
  argumentAt,
  type Functions,
  numberParam,
  stringFunction,
  stringParam,
  stringTest,
  wholeNumber,
} from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

const stringList = listType(stringType);

/** `join(separator, lists...)` */
const join: HclFunction = {
  params: [stringParam("separator")],
  variadic: { name: "lists", type: stringList },
  returnType: stringType,
  evaluate: (args) => {
    const lists = args.slice(1);
    if (lists.length === 0) throw new FunctionError("at least one list is required");
    if (!lists.every((list) => list.isWhollyKnown)) return unknownValue(stringType);
    const items = lists.flatMap((list, listIndex) =>
      list.elements().map((item, index) => joinedText(item, index, listIndex)),
    );
    return stringValue(items.join(argumentAt(args, 0).asString()));
  },
};

function joinedText(item: Value, index: number, listIndex: number): string {
  if (item.isNull) throw new ArgumentError(listIndex + 1, `element ${index} is null; null values cannot be joined`);
  return item.asString();
}

/** `split(separator, str)` */
const split: HclFunction = {
  params: [stringParam("separator"), stringParam("str")],
  returnType: stringList,
  evaluate: (args) => {
    const parts = splitText(argumentAt(args, 1).asString(), argumentAt(args, 0).asString());
    return listValue(parts.map(stringValue), stringType);
  },
};

/** `sort(list)`: by code point. */
const sort: HclFunction = {
  params: [{ name: "list", type: stringList, allowUnknown: true, keepsLength: true }],
  returnType: stringList,
  evaluate: (args) => {
    const list = argumentAt(args, 0);
    if (!list.isKnown) return unknownValue(stringList);
    if (!list.isWhollyKnown) {
      // Which is where is not known, but how many there are is.
      return listValue(
        list.elements().map(() => unknownValue(stringType)),
        stringType,
      );
    }
    const texts = list.elements().map((item, index) => {
      if (item.isNull) throw new FunctionError(`element ${index} is null; a null string cannot be sorted`);
      return item.asString();
    });
    return listValue(texts.sort(compareStrings).map(stringValue), stringType);
  },
};

/** `indent(spaces, str)`: all lines but the first. */
const indent: HclFunction = {
  params: [numberParam("spaces"), stringParam("str")],
  returnType: stringType,
  evaluate: (args) => {
    const spaces = wholeNumber(args, 0);
    if (spaces < 0) throw new ArgumentError(0, "the number of spaces must not be negative");
    return stringValue(
      argumentAt(args, 1)
        .asString()
        .replaceAll("\n", `\n${" ".repeat(spaces)}`),
    );
  },
};

/** `substr(str, offset, length)`: a negative offset counts from the end, a negative length means "to the end". */
const substr: HclFunction = {
  params: [stringParam("str"), numberParam("offset"), numberParam("length")],
  returnType: stringType,
  evaluate: (args) => {
    const offset = wholeNumber(args, 1);
    const length = wholeNumber(args, 2);
    if (offset >= 0 && length === 0) return stringValue("");
    const characters = graphemes(argumentAt(args, 0).asString());
    const rest = characters.slice(offset < 0 ? Math.max(0, characters.length + offset) : offset);
    // With a negative offset a length of 0 gives the rest too, in Packer and so here.
    return stringValue((length > 0 ? rest.slice(0, length) : rest).join(""));
  },
};

export const stringFunctions: Functions = {
  chomp: stringFunction(["str"], (text = "") => chomp(text)),
  endswith: stringTest(["str", "suffix"], (text = "", suffix = "") => text.endsWith(suffix)),
  indent,
  join,
  lower: stringFunction(["str"], (text = "") => toLower(text)),
  replace: stringFunction(["str", "substr", "replace"], (text = "", before = "", after = "") => {
    return replaceText(text, before, after);
  }),
  sort,
  split,
  startswith: stringTest(["str", "prefix"], (text = "", prefix = "") => text.startsWith(prefix)),
  strcontains: stringTest(["str", "substr"], (text = "", part = "") => text.includes(part)),
  strrev: stringFunction(["str"], (text = "") => graphemes(text).reverse().join("")),
  substr,
  title: stringFunction(["str"], (text = "") => toTitle(text)),
  trim: stringFunction(["str", "cutset"], (text = "", cutset = "") => {
    const cut = new Set(cutset);
    return trimCharacters(text, (character) => cut.has(character));
  }),
  trimprefix: stringFunction(["str", "prefix"], (text = "", prefix = "") => {
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  }),
  trimspace: stringFunction(["str"], (text = "") => trimSpace(text)),
  trimsuffix: stringFunction(["str", "suffix"], (text = "", suffix = "") => {
    return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
  }),
  upper: stringFunction(["str"], (text = "") => toUpper(text)),
};

/** Drops the line ends at the end, all of them. */
function chomp(text: string): string {
  let end = text.length;
  while (end > 0 && "\r\n".includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
