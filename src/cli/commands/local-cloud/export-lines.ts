import { quoteWord } from "../../../host/shell-quote.ts";

/** An environment as lines for a shell to read. */
export function exportLines(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quoteWord(value)}\n`)
    .join("");
}
