import { FunctionError, type HclFunction } from "../function.ts";
import { dynamicType, listType, objectType, stringType } from "../type.ts";
import { elementTypeOf, listValue, objectValue, stringValue } from "../value.ts";
import { argumentAt, type Functions, stringParam } from "./define.ts";

/** One record of a CSV text, and the line where it begins. */
interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

const PLAIN_FIELD = /[^",\r\n]*(?:\r(?!\n)[^",\r\n]*)*/y;
const QUOTED_FIELD = /"[^"]*(?:""[^"]*)*"/y;
const RECORD_END = /\r?\n|$/y;

/**
 * Reads CSV as RFC 4180 has it; empty lines are skipped, every record has as many fields as the first.
 *
 * @throws {FunctionError} with the line
 */
export function parseCsv(text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const taken = pattern.exec(text)?.[0];
    at += taken?.length ?? 0;
    line += taken?.split("\n").slice(1).length ?? 0;
    return taken;
  };
  const fail = (message: string) => new FunctionError(`in the CSV text on line ${line}, ${message}`);
  const takeField = (): string => {
    if (text[at] !== '"') {
      const field = take(PLAIN_FIELD) ?? "";
      if (text[at] === '"') throw fail('a " stands in a field without quotes');
      return field;
    }
    const field = take(QUOTED_FIELD);
    const isEnded = field !== undefined && /^(?:,|\r?\n|$)/.test(text.slice(at, at + 2));
    if (!isEnded) throw fail('a " is missing, or there is one too many');
    return field.slice(1, -1).replaceAll('""', '"').replaceAll("\r\n", "\n");
  };
  while (at < text.length) {
    if (/^\r?\n/.test(text.slice(at, at + 2))) {
      take(RECORD_END);
      continue;
    }
    const start = line;
    const fields = [takeField()];
    while (text[at] === ",") {
      at++;
      fields.push(takeField());
    }
    const expected = records[0]?.fields.length ?? fields.length;
    if (fields.length !== expected) throw fail(`there are ${fields.length} fields, not ${expected}`);
    records.push({ line: start, fields });
    take(RECORD_END);
  }
  return records;
}

function readTable(text: string) {
  const [header, ...rows] = parseCsv(text);
  if (!header) throw new FunctionError("the CSV text has no header line");
  const twice = header.fields.find((name, index) => header.fields.indexOf(name) !== index);
  if (twice !== undefined) throw new FunctionError(`the CSV text has the column "${twice}" twice`);
  return { columns: header.fields, rows };
}

/** `csvdecode(str)`: a list of objects, with the names of the first line. */
const csvdecode: HclFunction = {
  params: [stringParam("str")],
  returnType: (args) => {
    if (!argumentAt(args, 0).isKnown) return dynamicType;
    const { columns } = readTable(argumentAt(args, 0).asString());
    return listType(objectType(columns.map((name) => [name, stringType])));
  },
  evaluate: (args, returnType) => {
    const { columns, rows } = readTable(argumentAt(args, 0).asString());
    const values = rows.map(({ fields }) => {
      return objectValue(columns.map((name, index) => [name, stringValue(fields[index] ?? "")]));
    });
    return listValue(values, elementTypeOf(returnType));
  },
};

export const csvFunctions: Functions = { csvdecode };
