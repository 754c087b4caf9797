const MASK = "<sensitive>";
/** Shorter values would mask innocent text: a secret of three letters hides in many words. */
const SHORTEST_SECRET = 4;

/**
 * The values that may never be shown. Credentials register here as soon as they are resolved, sensitive template
 * variables as soon as they are read; everything that is written for people or machines passes `mask()` on its way out.
 */
export class Secrets {
  readonly #values = new Set<string>();
  #pattern: RegExp | undefined;

  /** Registers a secret; its lines are registered too, as a log shows a multi-line value line by line. */
  add(value: string | undefined | null): void {
    if (!value) return;
    for (const part of [value, ...value.split("\n")]) {
      if (part.trim().length < SHORTEST_SECRET) continue;
      for (const form of formsOf(part)) this.#values.add(form);
      this.#pattern = undefined;
    }
  }

  /** The text with every registered secret replaced. */
  mask(text: string): string {
    if (this.#values.size === 0) return text;
    this.#pattern ??= new RegExp(
      [...this.#values]
        .sort((a, b) => b.length - a.length)
        .map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join("|"),
      "g",
    );
    return text.replace(this.#pattern, MASK);
  }
}

/** How a quote stands inside quotes: our way, and Packer's. */
const QUOTES = ["'\\''", `'"'"'`];

/**
 * A value as it stands in a log line, which loses blanks at its end, in JSON, in a URL and in a command line that quotes
 * it, or that quotes a line with it once more: `chroot / sh -c 'TOKEN='...` is shown as one.
 */
function formsOf(value: string): string[] {
  // A lone half of a character is none in a URL.
  const wellFormed = Buffer.from(value).toString();
  const quoted = QUOTES.map((quote) => value.replaceAll("'", quote));
  const requoted = quoted.map((text) => text.replaceAll("'", "'\\''"));
  return [
    value,
    value.trim(),
    JSON.stringify(value).slice(1, -1),
    ...quoted,
    ...requoted,
    encodeURIComponent(wellFormed),
  ];
}

/** The process's own list: what one build learns to be secret, no other build may print. */
export const secrets = new Secrets();
