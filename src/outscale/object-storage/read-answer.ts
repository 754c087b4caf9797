import { messageOf } from "../../common/errors.ts";
import { withoutControls } from "../../common/without-controls.ts";
import { type AnsweredHead, type Asked, FOREIGN_ANSWER, header, whatOf } from "./storage-answer.ts";
import { StorageError } from "./storage-error.ts";
import { childText, parseXml, type XmlElement } from "./xml.ts";

/**
 * The document that a success consists of. A portal or another server in the service's place answers with successes, too.
 * @param root The name of its outermost element
 * @throws {StorageError} when it is another one, or none
 */
export function readXml(asked: Asked, text: string, root: string): XmlElement {
  let document: XmlElement;
  try {
    document = parseXml(text);
  } catch (error) {
    throw unreadable(asked, messageOf(error));
  }
  if (document.name !== root) throw unreadable(asked, `it is <${document.name}>, and not <${root}>`);
  return document;
}

/** @throws {StorageError} when an element has no such text */
export function requiredText(asked: Asked, element: XmlElement, name: string): string {
  const text = childText(element, name);
  if (!text) throw unreadable(asked, `it has no ${name}`);
  return text;
}

/** Keys are escaped where the page says so: XML cannot hold all of them. */
export function keyReader(asked: Asked, page: XmlElement): (text: string) => string {
  if (childText(page, "EncodingType") !== "url") return (text) => text;
  return (text) => {
    try {
      return decodeURIComponent(text.replaceAll("+", "%20"));
    } catch {
      throw unreadable(asked, `the key "${text}" is escaped in a way that is not known`);
    }
  };
}

/**
 * The ETag of what was written, without quotes.
 * @throws {StorageError} when the answer has none, and so is not that of an object storage
 */
export function requiredEtag(asked: Asked, head: AnsweredHead): string {
  const etag = withoutQuotes(header(head, "etag"));
  if (etag === "") throw unreadable(asked, "it has no ETag");
  return etag;
}

/** An ETag as it is compared. */
export function withoutQuotes(etag: string | undefined): string {
  return (etag ?? "").replaceAll('"', "");
}

/** The error for a success that is not what the service gives; what was asked for may have been done. */
export function unreadable(asked: Asked, why: string): StorageError {
  const { operation, bucket, key, isRead } = asked;
  const failure = { operation, bucket, key, httpStatus: 200, ambiguous: !isRead };
  const message = `${whatOf(asked)} gave an answer that cannot be read: ${withoutControls(why)}`;
  return new StorageError(failure, message, { hint: FOREIGN_ANSWER });
}
