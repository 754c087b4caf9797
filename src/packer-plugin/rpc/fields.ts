import { ProtocolError } from "../protocol-error.ts";

/** A decoded struct of Go's: unknown fields are ignored, missing ones are as Go's zero values. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws {ProtocolError} for anything but a map */
export function fieldsOf(value: unknown): Fields {
  if (isFields(value)) return value;
  throw new ProtocolError("A message holds no struct where one is expected");
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** A string, which Go may send as text or as bytes. @throws {ProtocolError} */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value === null || value === undefined) return "";
  throw new ProtocolError("A message holds no text where one is expected");
}

/** A whole number from 0 up. @throws {ProtocolError} */
export function countOf(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ProtocolError("A message holds no count where one is expected");
}

/** A list of strings. @throws {ProtocolError} */
export function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map(textOf);
  throw new ProtocolError("A message holds no list where one is expected");
}
