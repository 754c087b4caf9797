import { RE2JS, RE2JSException } from "re2js";
import { dynamicType, listType, objectType, stringType, type Type, tupleType } from "../values/type.ts";
import {
  elementTypeOf,
  listValue,
  nullValue,
  objectValue,
  stringValue,
  tupleValue,
  type Value,
} from "../values/value.ts";
import { argumentAt, type Functions, stringParam } from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

/** One match: the text of group 0, the whole, and of the pattern's groups; undefined for a group that took no part. */
interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
}

function compile(pattern: string, argumentIndex: number): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new ArgumentError(argumentIndex, `the pattern is not a regular expression that RE2 knows: ${error.message}`);
  }
}

/** All matches that do not overlap. As in Go, an empty match right behind another one does not count. */
function* findMatches(pattern: RE2JS, text: string): Iterable<Match> {
  const matcher = pattern.matcher(text);
  let lastEnd = -1;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (start === end && start === lastEnd) continue;
    lastEnd = end;
    const groups = Array.from({ length: pattern.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
    yield { start, end, groups };
  }
}

/** The names of the groups from 1 on, undefined for one without. */
function groupNames(pattern: RE2JS): readonly (string | undefined)[] {
  const names: (string | undefined)[] = Array.from({ length: pattern.groupCount() });
  for (const [name, group] of Object.entries(pattern.namedGroups())) names[group - 1] = name;
  return names;
}

/** A pattern without groups gives a string, one with groups a tuple, one with named groups an object. */
function matchType(pattern: RE2JS): Type {
  const names = groupNames(pattern);
  const named = names.filter((name) => name !== undefined);
  if (names.length === 0) return stringType;
  if (named.length === 0) return tupleType(names.map(() => stringType));
  if (named.length === names.length) return objectType(named.map((name) => [name, stringType]));
  throw new ArgumentError(0, "the pattern must not have both named and unnamed groups");
}

function matchValue(pattern: RE2JS, { groups: [whole = "", ...groups] }: Match, type: Type): Value {
  if (type.kind === "string") return stringValue(whole);
  const values = groups.map((group) => (group === undefined ? nullValue(stringType) : stringValue(group)));
  if (type.kind === "tuple") return tupleValue(values);
  return objectValue(groupNames(pattern).map((name, index) => [name ?? "", argumentAt(values, index)]));
}

function patternOf(args: readonly Value[]): RE2JS {
  return compile(argumentAt(args, 0).asString(), 0);
}

/** `regex(pattern, string)`: the first match. */
const regex: HclFunction = {
  params: [stringParam("pattern"), stringParam("string")],
  returnType: (args) => (argumentAt(args, 0).isKnown ? matchType(patternOf(args)) : dynamicType),
  evaluate: (args, returnType) => {
    const pattern = patternOf(args);
    for (const match of findMatches(pattern, argumentAt(args, 1).asString()))
      return matchValue(pattern, match, returnType);
    throw new FunctionError("the pattern matches no part of the string");
  },
};

/** `regexall(pattern, string)` */
const regexall: HclFunction = {
  params: [stringParam("pattern"), stringParam("string")],
  returnType: (args) => listType(argumentAt(args, 0).isKnown ? matchType(patternOf(args)) : dynamicType),
  evaluate: (args, returnType) => {
    const pattern = patternOf(args);
    const type = elementTypeOf(returnType);
    const matches = [...findMatches(pattern, argumentAt(args, 1).asString())];
    return listValue(
      matches.map((match) => matchValue(pattern, match, type)),
      type,
    );
  },
};

/** `regex_replace(str, pattern, replace)`: `$1`, `${1}`, `$name` and `${name}` stand for groups, `$$` for a dollar. */
const regexReplace: HclFunction = {
  params: [stringParam("str"), stringParam("pattern"), stringParam("replace")],
  returnType: stringType,
  evaluate: (args) => {
    const text = argumentAt(args, 0).asString();
    const pattern = compile(argumentAt(args, 1).asString(), 1);
    const names = groupNames(pattern);
    const pieces: string[] = [];
    let at = 0;
    for (const match of findMatches(pattern, text)) {
      pieces.push(text.slice(at, match.start), expand(argumentAt(args, 2).asString(), match, names));
      at = match.end;
    }
    return stringValue(pieces.join("") + text.slice(at));
  },
};

/** A group that does not exist is an empty string; a dollar that begins no reference stays. */
function expand(replacement: string, { groups }: Match, names: readonly (string | undefined)[]): string {
  return replacement.replace(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu, (reference, braced, bare) => {
    const name: string | undefined = braced ?? bare;
    if (name === undefined) return reference.slice(1);
    const group = /^\d+$/.test(name) ? Number(name) : names.indexOf(name) + 1 || groups.length;
    return groups[group] ?? "";
  });
}

export const regexFunctions: Functions = { regex, regex_replace: regexReplace, regexall };
