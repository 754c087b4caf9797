import { secrets } from "../common/secrets.ts";

/** Fields that hold one of a few words of ours, a time or a run: they are no texts, whatever a secret may be. */
const STRUCTURE: ReadonlySet<string> = new Set(
  "at artifactId change code finishedAt kind outcome program runId setBy severity startedAt state State step type".split(
    " ",
  ),
);

/**
 * JSON whose texts are masked one by one before they are written down: no secret can break its syntax or its structure, be
 * it `line`, `true` or a quote.
 */
export function maskedJson(value: unknown, indent?: number): string {
  const mask = (key: string, item: unknown) => {
    return typeof item === "string" && !STRUCTURE.has(key) ? secrets.mask(item) : item;
  };
  return JSON.stringify(value, mask, indent);
}
