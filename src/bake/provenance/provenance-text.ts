import { createHash, type KeyObject } from "node:crypto";
import { signEnvelope } from "../../evidence/provenance/envelope.ts";
import type { ProvenanceStatement } from "../../evidence/provenance/statement.ts";

/** Something else that a build has made: an SBOM, a list of changes. */
export interface Byproduct {
  readonly name: string;
  readonly mediaType: string;
  readonly content: string;
}

export interface ProvenanceTextInput {
  readonly statement: ProvenanceStatement;
  readonly byproducts?: readonly Byproduct[] | undefined;
  /** A private key: then the text is a signed envelope (DSSE). */
  readonly key?: KeyObject | undefined;
}

/** A statement as a file: in-toto's own JSON, or signed. */
export function provenanceText({ statement, byproducts = [], key }: ProvenanceTextInput): string {
  const { predicate } = statement;
  const made = byproducts.map(({ name, mediaType, content }) => {
    return { name, mediaType, digest: { sha256: createHash("sha256").update(content).digest("hex") } };
  });
  const runDetails = { ...predicate.runDetails, ...(made.length > 0 && { byproducts: made }) };
  const whole: ProvenanceStatement = { ...statement, predicate: { ...predicate, runDetails } };
  if (key === undefined) return `${JSON.stringify(whole, null, 2)}\n`;
  return `${JSON.stringify(signEnvelope(Buffer.from(JSON.stringify(whole)), key))}\n`;
}
