import { credentialTest } from "../../common/credential-variables.ts";
import type { RenderContext } from "../../go-template/context.ts";
import { renderAround } from "../../go-template/expand-variables.ts";
import { InterpolationError } from "../../go-template/interpolation-error.ts";
import { references, usesVariable } from "../../go-template/references.ts";
import { renderOnce } from "../../go-template/render.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { LegacyTemplate } from "./legacy-template.ts";
import type { Assignment } from "./variable-assignments.ts";

/**
 * What the variables of a template are, and which of them are sensitive: declared so, made of one that is, or with a
 * credential of the environment in them.
 */
export interface ResolvedVariables {
  readonly values: Readonly<Record<string, string>>;
  readonly sensitive: readonly string[];
}

/**
 * The values of a template's variables, rendered. A variable may use others, and `{{env}}`; `{{.Name}}` stays, for
 * whoever uses the variable.
 *
 * @param context What functions read besides variables; `env` is what `{{env}}` reads
 */
export function resolveVariables(
  { variables, sensitiveVariables }: LegacyTemplate,
  assignments: ReadonlyMap<string, Assignment>,
  context: RenderContext,
  diagnostics: Diagnostics,
): ResolvedVariables {
  for (const { name, span } of variables.values()) {
    const detail = `The variable "${name}" has no default. Set it with -var "${name}=..." or in a -var-file.`;
    if (!assignments.has(name)) diagnostics.error("Required variable not set", detail, span);
  }
  return new VariableResolver({ assignments, sensitive: sensitiveVariables, context }, diagnostics).resolveAll();
}

interface ResolverInput {
  readonly assignments: ReadonlyMap<string, Assignment>;
  /** Names of variables whose text no message may show. */
  readonly sensitive: readonly string[];
  readonly context: RenderContext;
}

class VariableResolver {
  readonly #input: ResolverInput;
  readonly #diagnostics: Diagnostics;
  readonly #values: Record<string, string> = Object.create(null);
  /** Those being resolved, outermost first: one that comes again uses itself. */
  readonly #open: string[] = [];
  readonly #sensitive: Set<string>;
  readonly #isCredential: (text: string) => boolean;

  constructor(input: ResolverInput, diagnostics: Diagnostics) {
    this.#input = input;
    this.#diagnostics = diagnostics;
    this.#sensitive = new Set(input.sensitive);
    this.#isCredential = credentialTest(input.context.env ?? {});
  }

  resolveAll(): ResolvedVariables {
    for (const name of [...this.#input.assignments.keys()].sort()) this.#resolve(name);
    return { values: { ...this.#values }, sensitive: [...this.#sensitive] };
  }

  #resolve(name: string): void {
    const assignment = this.#input.assignments.get(name);
    if (assignment === undefined || name in this.#values) return;
    if (this.#open.includes(name)) {
      const circle = [...this.#open.slice(this.#open.indexOf(name)), name].map((used) => `"${used}"`);
      this.#diagnostics.error("Variables use each other", `${circle.join(" uses ")}.`, assignment.span);
      this.#values[name] = "";
      return;
    }
    this.#open.push(name);
    const value = this.#render(name, assignment);
    this.#open.pop();
    // What the template itself says is open.
    const isOpen = assignment.from === "default" && assignment.text === value;
    if (!isOpen && this.#isCredential(value)) this.#sensitive.add(name);
    this.#values[name] ??= value;
  }

  #render(name: string, { text, span }: Assignment): string {
    try {
      return renderAround(text, (kept) => {
        for (const used of references(kept).userVariables) this.#resolve(used);
        if (usesVariable(kept, [...this.#sensitive])) this.#sensitive.add(name);
        return renderOnce(kept, { ...this.#input.context, userVariables: this.#values });
      });
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      const isSensitive = this.#sensitive.has(name);
      const detail = isSensitive ? "It is sensitive: what it holds is not shown." : `${error.message}.`;
      this.#diagnostics.error(`Cannot render the variable "${name}"`, detail, span);
      return "";
    }
  }
}
