import { scanDirective, scanName, scanTag } from "./scan-property.ts";
import { scanBlock, scanPlain, scanQuoted } from "./scan-scalar.ts";
import { type Mark, YamlText } from "./text.ts";
import type { YamlSign, YamlToken } from "./token.ts";

/** Characters that a key without `?` may be long. */
const LONGEST_SIMPLE_KEY = 1024;
/** Brackets in each other: more than any document has, and few enough for our call stack. */
const DEEPEST = 1000;
/** What no text without quotes begins with. */
const INDICATORS = "-?:,[]{}#&*!|>'\"%@`";
const FLOW_SIGNS: ReadonlyMap<string, YamlSign> = new Map([
  ["[", "flow-sequence-start"],
  ["{", "flow-mapping-start"],
  ["]", "flow-sequence-end"],
  ["}", "flow-mapping-end"],
  [",", "flow-entry"],
]);

/** Something that turns out to be a key when a `:` comes behind it. */
interface SimpleKey {
  readonly mark: Mark;
  /** At the beginning of a line of a block: nothing but a key can stand here. */
  readonly isRequired: boolean;
  /** How many tokens come before it. */
  readonly position: number;
}

/**
 * Cuts a text of YAML 1.1 into tokens, as they are asked for.
 *
 * Libraries for Node read YAML 1.2, or 1.1 with the indentation rules of 1.2, and Packer's reader knows only 1.1: what
 * is a text there and here would be an error, or another text. @see yaml.org/spec/1.1, and yaml/libyaml for the keys
 */
export class YamlScanner {
  readonly #text: YamlText;
  /** Tokens that wait, as a key may have to be put before them. */
  #waiting: YamlToken[] = [];
  #taken = 0;
  /** The indentation of each block around this place, and of this one. */
  readonly #indents: number[] = [];
  #indent = -1;
  /** For each level of flow collections, and the block below them, what may be a key. */
  readonly #simpleKeys: (SimpleKey | undefined)[] = [undefined];
  #isSimpleKeyAllowed = true;
  #isOver = false;

  constructor(text: string) {
    this.#text = new YamlText(text);
  }

  /** @throws {FunctionError} */
  peek(): YamlToken {
    while (this.#needsMore()) this.#scanNext();
    return this.#waiting[0] as YamlToken;
  }

  next(): YamlToken {
    const token = this.peek();
    this.#waiting.shift();
    this.#taken++;
    return token;
  }

  fail(problem: string, token: YamlToken = this.peek()): never {
    return this.#text.fail(problem, token);
  }

  #needsMore(): boolean {
    if (this.#isOver) return false;
    if (this.#waiting.length === 0) return true;
    this.#forgetOldKeys();
    return this.#simpleKeys.some((key) => key?.position === this.#taken);
  }

  #emit(token: YamlToken): void {
    this.#waiting.push(token);
  }

  #sign(type: YamlSign, length: number): void {
    this.#emit({ type, line: this.#text.mark.line });
    this.#text.skip(length);
  }

  get #isInFlow(): boolean {
    return this.#simpleKeys.length > 1;
  }

  #scanNext(): void {
    const text = this.#text;
    this.#skipToToken();
    this.#forgetOldKeys();
    this.#closeBlocks(text.column);
    const character = text.peek();
    if (text.isEnd()) this.#endStream();
    else if (text.column === 0 && character === "%") this.#directive();
    else if (text.isDocumentMark("---")) this.#documentMark("document-start");
    else if (text.isDocumentMark("...")) this.#documentMark("document-end");
    else if (FLOW_SIGNS.has(character)) this.#flowSign(FLOW_SIGNS.get(character) as YamlSign);
    else if (character === "-" && text.isSpace(1)) this.#blockEntry();
    else if (character === "?" && (this.#isInFlow || text.isSpace(1))) this.#key();
    else if (character === ":" && (this.#isInFlow || text.isSpace(1))) this.#value();
    else this.#node(character);
  }

  #node(character: string): void {
    const text = this.#text;
    const { line } = text.mark;
    if ((character === "|" || character === ">") && !this.#isInFlow) {
      this.#forgetKey();
      this.#isSimpleKeyAllowed = true;
      this.#emit({ type: "scalar", text: scanBlock(text, this.#indent), style: "block", line });
      return;
    }
    this.#rememberKey();
    this.#isSimpleKeyAllowed = false;
    if (character === "*") this.#emit(scanName(text, "alias"));
    else if (character === "&") this.#emit(scanName(text, "anchor"));
    else if (character === "!") this.#emit(scanTag(text));
    else if (character === "'" || character === '"')
      this.#emit({ type: "scalar", text: scanQuoted(text, character), style: "quoted", line });
    else this.#plain(character, line);
  }

  #plain(character: string, line: number): void {
    const text = this.#text;
    const isSignBefore = (signs: string) => signs.includes(character) && !text.isSpace(1);
    const isBeginning =
      !INDICATORS.includes(character) ||
      (character === "-" && !text.isBlank(1)) ||
      (!this.#isInFlow && isSignBefore("?:"));
    if (!isBeginning || text.isSpace()) text.fail(`"${character}" cannot begin a text without quotes`);
    const plain = scanPlain(text, this.#isInFlow, this.#indent + 1);
    this.#emit({ type: "scalar", text: plain.text, style: "plain", line });
    if (plain.isAtLineStart) this.#isSimpleKeyAllowed = true;
  }

  #skipToToken(): void {
    const text = this.#text;
    for (;;) {
      const isTabAllowed = this.#isInFlow || !this.#isSimpleKeyAllowed;
      while (text.peek() === " " || (isTabAllowed && text.peek() === "\t")) text.skip();
      text.skipComment();
      if (!text.isBreak()) return;
      text.readBreak();
      if (!this.#isInFlow) this.#isSimpleKeyAllowed = true;
    }
  }

  #endStream(): void {
    this.#closeBlocks(-1);
    this.#forgetKey();
    this.#isSimpleKeyAllowed = false;
    this.#isOver = true;
    this.#sign("stream-end", 0);
  }

  #directive(): void {
    this.#closeBlocks(-1);
    this.#forgetKey();
    this.#isSimpleKeyAllowed = false;
    this.#emit(scanDirective(this.#text));
  }

  #documentMark(type: "document-start" | "document-end"): void {
    this.#closeBlocks(-1);
    this.#forgetKey();
    this.#isSimpleKeyAllowed = false;
    this.#sign(type, 3);
  }

  #flowSign(type: YamlSign): void {
    const isStart = type.endsWith("-start");
    if (isStart) {
      this.#rememberKey();
      this.#simpleKeys.push(undefined);
      if (this.#simpleKeys.length > DEEPEST) this.#text.fail("it is nested too deeply");
    } else {
      this.#forgetKey();
      if (type !== "flow-entry" && this.#isInFlow) this.#simpleKeys.pop();
    }
    this.#isSimpleKeyAllowed = isStart || type === "flow-entry";
    this.#sign(type, 1);
  }

  #blockEntry(): void {
    if (!this.#isInFlow) {
      if (!this.#isSimpleKeyAllowed) this.#text.fail('a list entry ("-") cannot stand here');
      this.#openBlock(this.#text.mark, "block-sequence-start");
    }
    this.#forgetKey();
    this.#isSimpleKeyAllowed = true;
    this.#sign("block-entry", 1);
  }

  #key(): void {
    if (!this.#isInFlow) {
      if (!this.#isSimpleKeyAllowed) this.#text.fail("a key of a mapping cannot stand here");
      this.#openBlock(this.#text.mark, "block-mapping-start");
    }
    this.#forgetKey();
    this.#isSimpleKeyAllowed = !this.#isInFlow;
    this.#sign("key", 1);
  }

  /** A `:` makes a key of what came before it, if it may be one. */
  #value(): void {
    const key = this.#simpleKeys.at(-1);
    if (key) {
      this.#waiting.splice(key.position - this.#taken, 0, { type: "key", line: key.mark.line });
      this.#openBlock(key.mark, "block-mapping-start", key.position);
      this.#simpleKeys[this.#simpleKeys.length - 1] = undefined;
      this.#isSimpleKeyAllowed = false;
    } else {
      if (!this.#isInFlow) {
        if (!this.#isSimpleKeyAllowed) this.#text.fail("a value of a mapping cannot stand here");
        this.#openBlock(this.#text.mark, "block-mapping-start");
      }
      this.#isSimpleKeyAllowed = !this.#isInFlow;
    }
    this.#sign("value", 1);
  }

  /** Begins a block if this is further in than the one around it; the token comes before all from `position` on. */
  #openBlock(mark: Mark, type: YamlSign, position = this.#taken + this.#waiting.length): void {
    if (this.#isInFlow || this.#indent >= mark.column) return;
    this.#indents.push(this.#indent);
    if (this.#indents.length > DEEPEST) this.#text.fail("it is nested too deeply");
    this.#indent = mark.column;
    this.#waiting.splice(position - this.#taken, 0, { type, line: mark.line });
  }

  #closeBlocks(column: number): void {
    if (this.#isInFlow) return;
    while (this.#indent > column) {
      this.#sign("block-end", 0);
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #rememberKey(): void {
    const { mark } = this.#text;
    if (!this.#isSimpleKeyAllowed) return;
    this.#forgetKey();
    const isRequired = !this.#isInFlow && this.#indent === mark.column;
    const position = this.#taken + this.#waiting.length;
    this.#simpleKeys[this.#simpleKeys.length - 1] = { mark, isRequired, position };
  }

  #forgetKey(): void {
    const key = this.#simpleKeys.at(-1);
    if (key?.isRequired) this.#failKey(key);
    this.#simpleKeys[this.#simpleKeys.length - 1] = undefined;
  }

  /** A key is on one line, and short. */
  #forgetOldKeys(): void {
    const { line, index } = this.#text.mark;
    for (const [level, key] of this.#simpleKeys.entries()) {
      if (!key || (key.mark.line === line && key.mark.index + LONGEST_SIMPLE_KEY >= index)) continue;
      if (key.isRequired) this.#failKey(key);
      this.#simpleKeys[level] = undefined;
    }
  }

  #failKey({ mark }: SimpleKey): never {
    return this.#text.fail('a ":" must follow a key of a mapping', mark);
  }
}
