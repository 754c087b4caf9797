import { unquote, unquoteCharacter } from "./go/quote.ts";
import type { GoValue } from "./go/values.ts";
import type { Token } from "./lex.ts";
import type { Command, Operand, Pipeline } from "./nodes.ts";
import { parseNumber } from "./parse-number.ts";
import type { TokenStream } from "./token-stream.ts";

/** Deeper nesting than any template has, and shallow enough for our call stack. */
export const DEEPEST_NESTING = 300;

/** Reads pipelines: `$x := .A.B | printf "%s" (len .C)`. */
export class PipelineParser {
  /** The variables in scope, newest last. */
  variables: string[] = ["$"];
  readonly #tokens: TokenStream;
  readonly #isFunction: (name: string) => boolean;
  #depth = 0;

  constructor(tokens: TokenStream, isFunction: (name: string) => boolean) {
    this.#tokens = tokens;
    this.#isFunction = isFunction;
  }

  /**
   * `declarations? command ("|" command)* "|"?`, with the `}}` or `)` that ends it.
   *
   * @param context The action, such as `range`, which alone may have two variables
   */
  parse(context: string, end: "}}" | ")"): Pipeline {
    const { offset } = this.#tokens.skipSpace().peek();
    const { variables, isAssignment } = this.#parseDeclarations(context);
    const commands: Command[] = [];
    do commands.push(this.#parseCommand(context, commands.length + 1));
    while (this.#tokens.accept("|") && !this.#atCommandEnd());
    const token = this.#tokens.skipSpace().next();
    if (end === "}}" ? token.kind !== "close" : token.kind !== "symbol" || token.text !== end)
      throw this.#tokens.unexpected(token, context);
    return { kind: "pipeline", offset, variables, isAssignment, commands };
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  #parseDeclarations(context: string): Pick<Pipeline, "variables" | "isAssignment"> {
    const declared = this.#tokens.attempt(() => {
      const variables = this.#parseVariableNames();
      const isAssignment = this.#tokens.accept("=") !== undefined;
      if (variables.length === 0 || !(isAssignment || this.#tokens.accept(":="))) return undefined;
      return { variables, isAssignment };
    });
    if (declared === undefined) return { variables: [], isAssignment: false };
    if (declared.variables.length > (context === "range" ? 2 : 1)) {
      throw this.#tokens.error(`Too many variables in ${context}`, this.#tokens.peek().offset);
    }
    if (declared.isAssignment) for (const name of declared.variables) this.#expectVariable(name);
    else this.variables.push(...declared.variables);
    return declared;
  }

  #parseVariableNames(): string[] {
    const names: string[] = [];
    do {
      if (this.#tokens.skipSpace().peek().kind !== "variable") break;
      names.push(this.#tokens.next().text);
    } while (this.#tokens.accept(","));
    return names;
  }

  #expectVariable(name: string, offset = this.#tokens.peek().offset): void {
    if (this.variables.includes(name)) return;
    throw this.#tokens.error(
      `The variable ${name} is not declared`,
      offset,
      `Declare it first: {{${name} := "value"}}.`,
    );
  }

  /** `operand (space operand)*` */
  #parseCommand(context: string, stage: number): Command {
    const start = this.#tokens.skipSpace().peek();
    const first = this.#parseOperand(context);
    if (stage > 1 && ["literal", "dot", "nil"].includes(first.kind)) {
      throw this.#tokens.error(`Stage ${stage} of the pipeline is not a function`, start.offset);
    }
    const args: Operand[] = [];
    while (this.#tokens.peek().kind === "space" && !this.#atCommandEnd()) args.push(this.#parseOperand(context));
    return { offset: start.offset, first, args };
  }

  #atCommandEnd(): boolean {
    const { kind, text } = this.#tokens.skipSpace().peek();
    return kind === "close" || (kind === "symbol" && (text === "|" || text === ")"));
  }

  /** `term .Field*` */
  #parseOperand(context: string): Operand {
    const term = this.#parseTerm(context);
    const path: string[] = [];
    const { offset } = this.#tokens.peek();
    while (this.#tokens.peek().kind === "field") path.push(this.#tokens.next().text.slice(1));
    if (path.length === 0) return term;
    if (term.kind === "field" || term.kind === "variable") return { ...term, path: [...term.path, ...path] };
    if (term.kind === "pipeline" || term.kind === "function") return { kind: "chain", offset, of: term, path };
    throw this.#tokens.error("A literal has no fields", offset);
  }

  #parseTerm(context: string): Operand {
    const token = this.#tokens.next();
    const { kind, text, offset } = token;
    if (kind === "word") return this.#parseWord(token, context);
    if (kind === "field") return { kind: "field", offset, path: [text.slice(1)] };
    if (kind === "variable") {
      this.#expectVariable(text, offset);
      return { kind: "variable", offset, name: text, path: [] };
    }
    if (kind === "symbol" && text === ".") return { kind: "dot", offset };
    if (kind === "symbol" && text === "(") return this.#parseParentheses(offset);
    const value = this.#parseLiteral(token);
    if (value !== undefined) return { kind: "literal", offset, source: text, value };
    if (kind === "close") throw this.#tokens.error(`A value is missing in ${context}`, offset);
    throw this.#tokens.unexpected(token, context);
  }

  #parseWord({ text, offset }: Token, context: string): Operand {
    if (text === "true" || text === "false") return { kind: "literal", offset, source: text, value: text === "true" };
    if (text === "nil") return { kind: "nil", offset };
    if (this.#isFunction(text)) return { kind: "function", offset, name: text };
    const hint = `A value of the build is written {{.${text}}}, text is written {{"${text}"}}.`;
    throw this.#tokens.error(`There is no function "${text}" for ${context}`, offset, hint);
  }

  #parseParentheses(offset: number): Pipeline {
    if (this.#depth === DEEPEST_NESTING) throw this.#tokens.error("Parentheses are nested too deeply", offset);
    this.#depth++;
    const pipeline = this.parse("parentheses", ")");
    this.#depth--;
    return pipeline;
  }

  #parseLiteral({ kind, text, offset }: Token): GoValue | undefined {
    if (kind === "string") return this.#expectWellFormed(unquote(text), text, offset);
    if (kind === "character") {
      return BigInt(this.#expectWellFormed(unquoteCharacter(text), text, offset));
    }
    if (kind !== "number") return undefined;
    const value = parseNumber(text);
    if (typeof value === "string") throw this.#tokens.error(value, offset);
    return value;
  }

  #expectWellFormed<T>(value: T | undefined, text: string, offset: number): T {
    if (value !== undefined) return value;
    throw this.#tokens.error(
      `${text} has an escape sequence that does not exist`,
      offset,
      "A backslash is written \\\\.",
    );
  }
}
