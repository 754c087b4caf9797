import type { KeyObject } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import type { z } from "zod";
import { messageOf, UsageError } from "../../common/errors.ts";
import { schemaProblems } from "../../common/schema-problems.ts";
import { decodeUtf8 } from "../../common/utf8.ts";
import { envelopeSchema, keyIdOf, openEnvelope } from "../../evidence/provenance/envelope.ts";
import { ProvenanceError } from "../../evidence/provenance/provenance-error.ts";
import { PREDICATE_TYPE, type ProvenanceStatement, statementSchema } from "../../evidence/provenance/statement.ts";
import { parseUniqueJson } from "../../evidence/provenance/unique-json.ts";

/** Many times what a statement has that names each file of a large folder. */
const LARGEST_BYTES = 32 * 1024 * 1024;

export interface ReadStatement {
  readonly statement: ProvenanceStatement;
  /** Of those that were asked for, and have signed. */
  readonly signedBy: readonly string[];
}

/**
 * Reads a statement, and believes nothing of it before its signatures.
 * @param keys Public keys, all of which must have signed; empty for a statement that needs no signature
 * @throws {UsageError} when the file cannot be read
 * @throws {ProvenanceError} when it is none, is not signed by a key, or speaks of something else
 */
export function readStatement(path: string, keys: readonly KeyObject[]): ReadStatement {
  const data = parse(readBytes(path), `The file "${path}"`);
  const isEnvelope = typeof data === "object" && data !== null && "payload" in data;
  if (!isEnvelope) {
    if (keys.length === 0) return { statement: statementOf(data), signedBy: [] };
    throw new ProvenanceError(`The file "${path}" is not signed`, {
      hint: "-unsigned checks a statement that is not signed",
    });
  }
  const envelope = check(envelopeSchema, data, `The file "${path}" is no signed envelope (DSSE)`);
  const payload = openEnvelope(envelope, keys);
  return { statement: statementOf(parse(payload, "What is signed")), signedBy: keys.map(keyIdOf) };
}

function statementOf(data: unknown): ProvenanceStatement {
  const type = typeof data === "object" && data !== null && "predicateType" in data ? data.predicateType : undefined;
  if (typeof type === "string" && type !== PREDICATE_TYPE) {
    throw new ProvenanceError(`It is a statement of "${type}", not of "${PREDICATE_TYPE}"`);
  }
  return check(statementSchema, data, "It is no statement of provenance (in-toto, SLSA v1)");
}

function check<Schema extends z.ZodType>(schema: Schema, data: unknown, message: string): z.infer<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new ProvenanceError(`${message}: ${schemaProblems(parsed.error, "it").slice(0, 5).join("; ")}`);
}

function parse(bytes: Buffer, what: string): unknown {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new ProvenanceError(`${what} is not UTF-8`);
  try {
    return parseUniqueJson(text);
  } catch (error) {
    throw new ProvenanceError(`${what} is no JSON that can be trusted: ${messageOf(error)}`);
  }
}

/** A pipe is not waited for. */
function readBytes(path: string): Buffer {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    if (stats.size > LARGEST_BYTES) throw new Error(`it has more than ${LARGEST_BYTES} bytes`);
    return readFileSync(fd);
  } catch (error) {
    throw new UsageError(`Cannot read "${path}": ${messageOf(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
