/**
 * Go's gob encoding, as far as the plugin writes it. Content is bytes; a message is its length and its content. Types are
 * defined by the writer under numbers of its choice, 65 and up.
 * @see Go, package encoding/gob, "Encoding Details"
 */

/** The numbers of Go's own types. */
export const GobType = { bool: 1, int: 2, uint: 3, string: 6, interface: 8 } as const;

/** The mark at the end of a struct, and before a value that is no struct where one could be. */
const ZERO = Buffer.of(0);

export function gobUint(value: number): Buffer {
  if (value < 128) return Buffer.of(value);
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.of(256 - bytes.length, ...bytes);
}

export function gobInt(value: number): Buffer {
  return gobUint(value >= 0 ? value * 2 : (-value - 1) * 2 + 1);
}

/** Bytes with their length before them: how gob writes strings, messages and what encodes itself. */
export function gobBytes(content: Buffer | string): Buffer {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([gobUint(bytes.length), bytes]);
}

/** What a type is called, and its number. */
export interface TypeName {
  readonly name: string;
  readonly id: number;
}

/** Defines a struct. @param fields Name and type number of each, in order */
export function gobStructType(type: TypeName, fields: readonly (readonly [string, number])[]): Buffer {
  const members = fields.map(([name, id]) =>
    Buffer.concat([Buffer.of(1), gobBytes(name), Buffer.of(1), gobInt(id), ZERO]),
  );
  return typeMessage(type, 3, Buffer.concat([Buffer.of(1), gobUint(fields.length), ...members]));
}

export function gobMapType(type: TypeName, keyId: number, elementId: number): Buffer {
  return typeMessage(type, 4, Buffer.concat([Buffer.of(1), gobInt(keyId), Buffer.of(1), gobInt(elementId)]));
}

/** Defines a type that has its own encoding (Go: `GobEncoder`). */
export function gobSelfEncodedType(type: TypeName): Buffer {
  return typeMessage(type, 5, Buffer.alloc(0));
}

/** @param kind Which field of Go's `wireType` the definition is */
function typeMessage({ name, id }: TypeName, kind: number, rest: Buffer): Buffer {
  const common = Buffer.concat([Buffer.of(1), gobBytes(name), Buffer.of(1), gobInt(id), ZERO]);
  return gobBytes(Buffer.concat([gobInt(-id), Buffer.of(kind, 1), common, rest, ZERO, ZERO]));
}

/** A struct's value. @param fields The encoded values, undefined for zero, which is left out */
export function gobStruct(fields: readonly (Buffer | undefined)[]): Buffer {
  const parts: Buffer[] = [];
  let last = -1;
  for (const [index, value] of fields.entries()) {
    if (value === undefined) continue;
    parts.push(gobUint(index - last), value);
    last = index;
  }
  return Buffer.concat([...parts, ZERO]);
}

export function gobMap(entries: readonly (readonly [string, Buffer])[]): Buffer {
  const pairs = entries.flatMap(([key, value]) => [gobBytes(key), value]);
  return Buffer.concat([gobUint(entries.length), ...pairs]);
}

/** A value that is no struct, where it stands for itself. */
export function gobSingle(value: Buffer): Buffer {
  return Buffer.concat([ZERO, value]);
}

/** A value behind an interface. @param registered The name under which Go knows its type */
export function gobInterface(registered: string, typeId: number, value: Buffer): Buffer {
  return Buffer.concat([gobBytes(registered), gobInt(typeId), gobBytes(value)]);
}

/** The message that carries a value. */
export function gobValue(typeId: number, value: Buffer): Buffer {
  return gobBytes(Buffer.concat([gobInt(typeId), value]));
}
