/** An element of the XML that S3 speaks: no attributes, and either text or children. */
export interface XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Its own text, unescaped; that between children is white space. */
  readonly text: string;
}

/** A text is not the XML that S3 speaks. */
export class XmlError extends Error {}

/** Far above what S3 has: a page of 1,000 keys has some 10,000 elements, four deep. */
const MOST_ELEMENTS = 200_000;
const DEEPEST = 32;

/** A declaration, a comment, a tag, or text. A `<!DOCTYPE` is none of them: entities of its own are never read. */
const TOKEN = /<\?[^>]*\?>|<!--(?:[^-]|-(?!-))*-->|<(\/?)([A-Za-z_][\w.:-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|([^<]+)/y;

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads one document. What comes from a server that may be none is refused, not guessed at: it takes linear time, has a
 * bounded number and depth of elements, and no entities but the predefined ones and characters by number.
 * @throws {XmlError} when it is anything else
 */
export function parseXml(text: string): XmlElement {
  const root: OpenElement = { name: "", children: [], text: "" };
  const open = [root];
  let elements = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new XmlError(`it is not XML at character ${at}`);
    const [, slash, name, attributes = "", words] = match;
    const parent = open.at(-1) ?? root;
    if (words !== undefined) parent.text += unescaped(words);
    if (name === undefined) continue;
    elements += 1;
    if (elements > MOST_ELEMENTS || open.length > DEEPEST) throw new XmlError("it has too many elements");
    if (slash) close(open, localName(name));
    else begin(open, { name: localName(name), isEmpty: attributes.endsWith("/") });
  }
  const [element, ...others] = root.children;
  if (open.length !== 1 || !element || others.length > 0 || root.text.trim() !== "") {
    throw new XmlError("it is not one whole element");
  }
  return element;
}

function begin(open: OpenElement[], { name, isEmpty }: { name: string; isEmpty: boolean }): void {
  const element: OpenElement = { name, children: [], text: "" };
  open.at(-1)?.children.push(element);
  if (!isEmpty) open.push(element);
}

function close(open: OpenElement[], name: string): void {
  const element = open.pop();
  if (open.length === 0 || element?.name !== name) throw new XmlError(`</${name}> closes nothing`);
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));|&/g, (_all, decimal, hex, name) => {
    const character =
      name === undefined ? characterOf(Number.parseInt(decimal ?? hex, decimal ? 10 : 16)) : ENTITIES[name];
    if (character === undefined) throw new XmlError("it has an entity that is not known");
    return character;
  });
}

function characterOf(point: number): string | undefined {
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}

/** The text of the first child of a name. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

/** Every child of a name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** Markup, as against text that is to be escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

/** An element to write. Texts are escaped; absent content is left out. */
export function xml(name: string, ...content: readonly (Markup | string | number | undefined)[]): Markup {
  const inner = content.map((part) => (part instanceof Markup ? part.text : escaped(String(part ?? "")))).join("");
  return new Markup(`<${name}>${inner}</${name}>`);
}

/** A document of S3's namespace. */
export function xmlDocument(root: Markup): string {
  const text = root.text.replace(/^<(\w+)>/, '<$1 xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${text}`;
}

/** Characters that XML cannot hold at all are left out. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
}
