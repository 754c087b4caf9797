import { unquote } from "./go/quote.ts";
import type { Token } from "./lex.ts";
import type { Branch, Node, ParsedTemplate } from "./nodes.ts";
import { DEEPEST_NESTING, PipelineParser } from "./parse-pipeline.ts";
import { TokenStream } from "./token-stream.ts";

/**
 * Reads a template.
 *
 * @param isFunction Whether a function of this name exists
 * @throws {InterpolationError} for a syntax error, an unknown function or an undeclared variable
 */
export function parseTemplate(text: string, isFunction: (name: string) => boolean): ParsedTemplate {
  return new TemplateParser(text, isFunction).parse();
}

/** What ends a list of nodes, and the token that says so. */
interface Ending {
  readonly kind: "end" | "else" | "else if" | "else with" | "end of text";
  readonly token: Token;
}

class TemplateParser {
  readonly #tokens: TokenStream;
  readonly #pipelines: PipelineParser;
  readonly #definitions = new Map<string, readonly Node[]>();
  #depth = 0;
  #rangeDepth = 0;

  constructor(text: string, isFunction: (name: string) => boolean) {
    this.#tokens = new TokenStream(text);
    this.#pipelines = new PipelineParser(this.#tokens, isFunction);
  }

  parse(): ParsedTemplate {
    const { nodes, ending } = this.#parseList();
    if (ending.kind !== "end of text") throw this.#tokens.unexpected(ending.token, "the text");
    return { text: this.#tokens.text, nodes, definitions: this.#definitions };
  }

  /** `(text | action)*`, up to an `{{end}}`, an `{{else}}` or the end of the text. */
  #parseList(): { nodes: Node[]; ending: Ending } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens.next();
      if (token.kind === "end") return { nodes, ending: { kind: "end of text", token } };
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      const ending = this.#parseEnding();
      if (ending) return { nodes, ending };
      const node = this.#parseAction();
      if (node) nodes.push(node);
    }
  }

  #parseEnding(): Ending | undefined {
    const end = this.#tokens.accept("end");
    const token = end ?? this.#tokens.accept("else");
    if (token === undefined) return undefined;
    if (end === undefined) {
      if (this.#tokens.accept("if")) return { kind: "else if", token };
      if (this.#tokens.accept("with")) return { kind: "else with", token };
    }
    this.#tokens.expectClose(token.text);
    return { kind: end ? "end" : "else", token };
  }

  #parseAction(): Node | undefined {
    const token = this.#tokens.skipSpace().peek();
    if (token.kind === "word") {
      const keyword = token.text;
      if (keyword === "if" || keyword === "with" || keyword === "range") return this.#parseBranch(keyword);
      if (keyword === "break" || keyword === "continue") return this.#parseJump(keyword);
      if (keyword === "define") return this.#parseDefine();
      if (keyword === "template" || keyword === "block") return this.#parseCall(keyword);
    }
    return { kind: "action", pipeline: this.#pipelines.parse("the action", "}}") };
  }

  /** `{{if pipeline}} list ({{else if pipeline}} list)* ({{else}} list)? {{end}}`; likewise `with` and `range`. */
  #parseBranch(kind: Branch["kind"]): Branch {
    const { offset } = this.#tokens.next();
    return this.#inScope(offset, () => {
      const pipeline = this.#pipelines.parse(kind, "}}");
      if (kind === "range") this.#rangeDepth++;
      const { nodes: body, ending } = this.#parseList();
      if (kind === "range") this.#rangeDepth--;
      return { kind, offset, pipeline, body, otherwise: this.#parseOtherwise(kind, offset, ending) };
    });
  }

  #parseOtherwise(kind: Branch["kind"], offset: number, ending: Ending): readonly Node[] {
    if (ending.kind === "end") return [];
    if (ending.kind === `else ${kind}`) return [this.#parseElseBranch(kind, ending.token.offset)];
    if (ending.kind !== "else") throw this.#unended(kind, offset, ending);
    const { nodes, ending: last } = this.#parseList();
    if (last.kind !== "end") throw this.#unended(kind, offset, last);
    return nodes;
  }

  /** `{{else if}}` is an `{{if}}` inside the `{{else}}`; one `{{end}}` ends both. */
  #parseElseBranch(kind: Branch["kind"], offset: number): Branch {
    return this.#inScope(offset, () => {
      const pipeline = this.#pipelines.parse(kind, "}}");
      const { nodes: body, ending } = this.#parseList();
      return { kind, offset, pipeline, body, otherwise: this.#parseOtherwise(kind, offset, ending) };
    });
  }

  /** Variables that are declared inside end with it. */
  #inScope<T>(offset: number, parse: () => T): T {
    if (this.#depth === DEEPEST_NESTING) throw this.#tokens.error("Actions are nested too deeply", offset);
    const outer = this.#pipelines.variables;
    const count = outer.length;
    this.#depth++;
    const result = parse();
    this.#depth--;
    outer.length = count;
    this.#pipelines.variables = outer;
    return result;
  }

  #unended(kind: string, offset: number, ending: Ending): Error {
    if (ending.kind !== "end of text") return this.#tokens.unexpected(ending.token, kind);
    return this.#tokens.error(`The ${kind} has no {{end}}`, offset);
  }

  #parseJump(kind: "break" | "continue"): Node {
    const { offset } = this.#tokens.next();
    this.#tokens.expectClose(kind);
    if (this.#rangeDepth === 0) throw this.#tokens.error(`{{${kind}}} stands outside a range`, offset);
    return { kind };
  }

  /** `{{define "name"}} list {{end}}` */
  #parseDefine(): undefined {
    const { offset } = this.#tokens.next();
    if (this.#depth > 0) throw this.#tokens.error("A define stands inside another action", offset);
    const name = this.#parseName("define");
    this.#tokens.expectClose("define");
    this.#define(name, offset);
  }

  /** `{{template "name" pipeline?}}` or `{{block "name" pipeline}} list {{end}}`, which defines what it calls. */
  #parseCall(keyword: "template" | "block"): Node {
    const { offset } = this.#tokens.next();
    const name = this.#parseName(keyword);
    const isBare = keyword === "template" && this.#tokens.skipSpace().peek().kind === "close";
    if (isBare) this.#tokens.expectClose(keyword);
    const pipeline = isBare ? undefined : this.#pipelines.parse(keyword, "}}");
    if (keyword === "block") this.#define(name, offset);
    return { kind: "template", offset, name, pipeline };
  }

  #parseName(context: string): string {
    const token = this.#tokens.skipSpace().next();
    const name = token.kind === "string" ? unquote(token.text) : undefined;
    if (name === undefined) throw this.#tokens.unexpected(token, context);
    return name;
  }

  /** A definition sees no variable from outside, and no range that it could break. */
  #define(name: string, offset: number): void {
    const rangeDepth = this.#rangeDepth;
    const nodes = this.#inScope(offset, () => {
      this.#pipelines.variables = ["$"];
      this.#rangeDepth = 0;
      const { nodes, ending } = this.#parseList();
      if (ending.kind !== "end") throw this.#unended(`definition of "${name}"`, offset, ending);
      return nodes;
    });
    this.#rangeDepth = rangeDepth;
    const known = this.#definitions.get(name);
    if (known && !isEmpty(known) && !isEmpty(nodes)) throw this.#tokens.error(`"${name}" is defined twice`, offset);
    if (!known || isEmpty(known)) this.#definitions.set(name, nodes);
  }
}

/** Only space: such a definition gives way to a later one. */
function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === "text" && node.text.trim() === "");
}
