import { compileGlob, type Glob } from "../../common/glob.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";

interface Pattern {
  readonly text: string;
  readonly pattern: Glob | undefined;
  isUsed: boolean;
}

/** `-only` and `-except`, which must match something to be of use. */
export class BuildFilter {
  readonly #only: readonly Pattern[];
  readonly #except: readonly Pattern[];
  readonly #names: string[] = [];
  readonly #diagnostics: Diagnostics;

  constructor(only: readonly string[], except: readonly string[], diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    this.#only = only.map((text) => this.#compile("only", text));
    this.#except = except.map((text) => this.#compile("except", text));
  }

  #compile(flag: string, text: string): Pattern {
    const pattern = compileGlob(text);
    if (!pattern)
      this.#diagnostics.error(`Invalid -${flag} pattern`, `"${text}" is not a pattern such as "outscale-chroot.*".`);
    return { text, pattern, isUsed: false };
  }

  isIncluded(name: string): boolean {
    this.#names.push(name);
    const isWanted = this.#only.length === 0 || matchesAny(this.#only, name);
    return isWanted && !matchesAny(this.#except, name);
  }

  /** `-except` leaves post-processors out by their name or type. */
  isExcepted(postProcessor: string): boolean {
    return matchesAny(this.#except, postProcessor);
  }

  reportUnmatched(): void {
    for (const [flag, patterns] of [
      ["only", this.#only],
      ["except", this.#except],
    ] as const) {
      for (const { text } of patterns.filter(({ isUsed }) => !isUsed)) {
        const detail = `The builds are ${this.#names.join(", ")}; a pattern such as "outscale-chroot.*" matches several.`;
        this.#diagnostics.warn(`-${flag} "${text}" matches no build`, detail);
      }
    }
  }
}

function matchesAny(patterns: readonly Pattern[], name: string): boolean {
  const matching = patterns.filter(({ pattern }) => pattern?.test(name));
  for (const pattern of matching) pattern.isUsed = true;
  return matching.length > 0;
}
