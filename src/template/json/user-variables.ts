import type { RenderContext } from "../../go-template/context.ts";
import { InterpolationError } from "../../go-template/interpolation-error.ts";
import { references } from "../../go-template/references.ts";
import { renderOnce } from "../../go-template/render.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { LegacyTemplate } from "./legacy-template.ts";
import type { Assignment } from "./variable-assignments.ts";

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
): Readonly<Record<string, string>> {
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

/** `{{.Name}}` alone: what Packer leaves for later. */
const LATE_FIELD = /\{\{\s?\.(.*?)\s?\}\}/g;
/** A private-use character, which no template has. */
const MARK = "\uE000";

class VariableResolver {
  readonly #input: ResolverInput;
  readonly #diagnostics: Diagnostics;
  readonly #values: Record<string, string> = Object.create(null);
  /** Those being resolved, outermost first: one that comes again uses itself. */
  readonly #open: string[] = [];

  constructor(input: ResolverInput, diagnostics: Diagnostics) {
    this.#input = input;
    this.#diagnostics = diagnostics;
  }

  resolveAll(): Readonly<Record<string, string>> {
    for (const name of [...this.#input.assignments.keys()].sort()) this.#resolve(name);
    return { ...this.#values };
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
    this.#values[name] ??= value;
  }

  #render(name: string, { text, span }: Assignment): string {
    const late: string[] = [];
    const kept = text.replace(LATE_FIELD, (field) => `${MARK}${late.push(field) - 1}${MARK}`);
    try {
      for (const used of references(kept).userVariables) this.#resolve(used);
      const rendered = renderOnce(kept, { ...this.#input.context, userVariables: this.#values });
      return rendered.replace(/\uE000(\d+)\uE000/g, (_, index) => late[Number(index)] ?? "");
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      const isSensitive = this.#input.sensitive.includes(name);
      const detail = isSensitive ? "It is sensitive: what it holds is not shown." : `${error.message}.`;
      this.#diagnostics.error(`Cannot render the variable "${name}"`, detail, span);
      return "";
    }
  }
}
