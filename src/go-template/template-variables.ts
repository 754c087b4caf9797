import type { GoValue } from "./go/values.ts";

/** The variables of a running template, the newest last. */
export class TemplateVariables {
  #variables: { readonly name: string; value: GoValue }[];

  constructor(root: GoValue) {
    this.#variables = [{ name: "$", value: root }];
  }

  declare(name: string, value: GoValue): void {
    this.#variables.push({ name, value });
  }

  /** Sets the newest variable of the name; the parser has made sure that there is one. */
  assign(name: string, value: GoValue): void {
    const variable = this.#find(name);
    if (variable) variable.value = value;
  }

  read(name: string): GoValue {
    return this.#find(name)?.value ?? null;
  }

  /** Runs something, then forgets the variables that it declared. */
  within<T>(run: () => T): T {
    const count = this.#variables.length;
    try {
      return run();
    } finally {
      this.#variables.length = count;
    }
  }

  #find(name: string): { readonly name: string; value: GoValue } | undefined {
    return this.#variables.findLast((variable) => variable.name === name);
  }
}
