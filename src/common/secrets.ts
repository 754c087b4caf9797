import { SHORTEST_TEXT, TextSearch } from "./text-search.ts";
import { writtenForms } from "./written-forms.ts";

const MASK = "<sensitive>";
/** What stands in the place of a value that is marked as sensitive, where values are shown one by one. */
export const HIDDEN = "(sensitive value)";
/** Shorter values would mask innocent text: a secret of three letters hides in many words. */
const SHORTEST_SECRET = SHORTEST_TEXT;
/** A line of a secret is one by itself from here on, as those of a key are; shorter ones may be `users:` or `}`. */
const SHORTEST_LINE = 16;

/**
 * The values that may never be shown in free text. Credentials register here as soon as they are resolved, sensitive
 * template variables as soon as they are read; texts for people pass `mask()` on their way out, data piece by piece before
 * it is serialised.
 */
export class Secrets {
  readonly #forms = new Set<string>();
  #search: TextSearch | undefined;

  /** Registers a secret, as a whole and by its long lines: a log shows a text of several lines line by line. */
  add(value: string | undefined | null): void {
    if (!value) return;
    this.addWhole(value);
    for (const line of value.split("\n").map((text) => text.trim())) {
      if (line.length >= SHORTEST_LINE && line !== value && !isKeyBoundary(line)) this.addWhole(line);
    }
  }

  /** Registers a secret as a whole: a text that was made with one, most of whose lines are none. */
  addWhole(value: string): void {
    if (value.trim().length < SHORTEST_SECRET) return;
    for (const form of writtenForms(value)) this.#forms.add(form);
    this.#search = undefined;
  }

  /** Whether a text is a secret, to the letter. */
  has(text: string): boolean {
    return this.#forms.has(text);
  }

  /** The text with every registered secret replaced, in any of the forms in which one is written. */
  mask(text: string): string {
    if (this.#forms.size === 0) return text;
    this.#search ??= new TextSearch(this.#forms);
    const parts: string[] = [];
    let from = 0;
    for (const { start, end } of this.#search.find(text)) {
      parts.push(text.slice(from, start), MASK);
      from = end;
    }
    return from === 0 ? text : parts.join("") + text.slice(from);
  }
}

/** `-----BEGIN PRIVATE KEY-----` stands in every key file. */
function isKeyBoundary(line: string): boolean {
  return /^-----(BEGIN|END) [A-Z0-9 ]+-----$/.test(line);
}

/** The process's own list: what one build learns to be secret, no other build may print. */
export const secrets = new Secrets();
