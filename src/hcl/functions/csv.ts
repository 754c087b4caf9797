import { dynamicType, listType, objectType, stringType } from "../values/type.ts";
import { elementTypeOf, listValue, objectValue, stringValue } from "../values/value.ts";
import { argumentAt, type Functions, stringParam } from "./define.ts";
import { FunctionError, type HclFunction } from "./function.ts";

/** A carriage return is part of a field, unless it ends a line or the text. */
const PLAIN_FIELD = /[^",\r\n]*(?:\r(?!\n|$)[^",\r\n]*)*/y;
const QUOTED_FIELD = /"[^"]*(?:""[^"]*)*"(?=,|\r?\n|\r?$)/y;
const LINE_END = /\r?\n|\r?$/y;

/**
 * Reads CSV as RFC 4180 has it; empty lines are skipped, every record has as many fields as the first.
 *
 * @throws {FunctionError} with the line
 */
function parseCsv(text: string): readonly (readonly string[])[] {
  return new CsvReader(text).read();
}

class CsvReader {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  read(): string[][] {
    const records: string[][] = [];
    while (this.#at < this.#text.length) {
      if (this.#take(LINE_END) !== undefined) continue;
      const fields = this.#record();
      const expected = records[0]?.length ?? fields.length;
      if (fields.length !== expected) throw this.#failure(`there are ${fields.length} fields, not ${expected}`);
      records.push(fields);
      this.#take(LINE_END);
    }
    return records;
  }

  #record(): string[] {
    const fields = [this.#field()];
    while (this.#text[this.#at] === ",") {
      this.#at++;
      fields.push(this.#field());
    }
    return fields;
  }

  #field(): string {
    if (this.#text[this.#at] === '"') return this.#quotedField();
    const field = this.#take(PLAIN_FIELD) ?? "";
    if (this.#text[this.#at] === '"') throw this.#failure('a " stands in a field without quotes');
    return field;
  }

  #quotedField(): string {
    const field = this.#take(QUOTED_FIELD);
    if (field === undefined) throw this.#failure('a " is missing, or there is one too many');
    return field.slice(1, -1).replaceAll('""', '"').replaceAll("\r\n", "\n");
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0];
    this.#at += taken?.length ?? 0;
    this.#line += taken?.split("\n").slice(1).length ?? 0;
    return taken;
  }

  #failure(message: string): FunctionError {
    return new FunctionError(`in the CSV text on line ${this.#line}, ${message}`);
  }
}

function readTable(text: string) {
  const [header, ...rows] = parseCsv(text);
  if (!header) throw new FunctionError("the CSV text has no header line");
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) throw new FunctionError(`the CSV text has the column "${twice}" twice`);
  return { columns: header, rows };
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
    const values = rows.map((fields) => {
      return objectValue(columns.map((name, index) => [name, stringValue(fields[index] ?? "")]));
    });
    return listValue(values, elementTypeOf(returnType));
  },
};

export const csvFunctions: Functions = { csvdecode };
