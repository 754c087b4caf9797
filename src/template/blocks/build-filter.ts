import { compileGlob, type Glob } from "../../common/glob.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";

interface Pattern {
  readonly text: string;
  readonly pattern: Glob | undefined;
  isUsed: boolean;
}

/** Which builds are wanted: patterns of them, or the one name. */
export interface WantedBuilds {
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly onlyBuild: string | undefined;
}

/** `-only` and `-except`, which must match something to be of use. */
export class BuildFilter {
  readonly #only: readonly Pattern[];
  readonly #except: readonly Pattern[];
  readonly #onlyBuild: string | undefined;
  readonly #names: string[] = [];
  readonly #diagnostics: Diagnostics;

  constructor({ only, except, onlyBuild }: WantedBuilds, diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    this.#onlyBuild = onlyBuild;
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
    const isAsked = this.#onlyBuild === undefined || name === this.#onlyBuild;
    return isWanted && isAsked && !matchesAny(this.#except, name);
  }

  /** `-except` leaves post-processors out by their name or type. */
  isExcepted(postProcessor: string): boolean {
    return matchesAny(this.#except, postProcessor);
  }

  reportUnmatched(): void {
    warnOfNoBuild(this.#onlyBuild, this.#names, this.#diagnostics);
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

/** A template that has changed may not have the build any more. */
export function warnOfNoBuild(name: string | undefined, names: readonly string[], diagnostics: Diagnostics): void {
  if (name === undefined || names.includes(name)) return;
  diagnostics.warn(`There is no build "${name}"`, `The builds are ${names.join(", ")}.`);
}

function matchesAny(patterns: readonly Pattern[], name: string): boolean {
  const matching = patterns.filter(({ pattern }) => pattern?.test(name));
  for (const pattern of matching) pattern.isUsed = true;
  return matching.length > 0;
}
