/** The kinds whose names in the journal are no words for a person. */
const WORDS: Readonly<Record<string, string>> = {
  image: "an OMI",
  "copied-image": "a copy of the source OMI",
  "created-bucket": "a bucket",
  "exported-objects": "an export",
  "imported-image": "an import",
  probe: "an object that tries the bucket",
};
const ELSEWHERE = "region-";

/** What may have been made although its answer was lost, in plain words: `an import in another region ...`. */
export function unfinished(kind: string): string {
  const isElsewhere = kind.startsWith(ELSEWHERE);
  const name = isElsewhere ? kind.slice(ELSEWHERE.length) : kind;
  return `${WORDS[name] ?? `a ${name}`}${isElsewhere ? " in another region" : ""} whose creation was not finished`;
}
