import type { ObjectPlace } from "./addresses.ts";
import { keyReader, readXml, requiredText, unreadable, withoutQuotes } from "./read-answer.ts";
import type { StorageConnection, StorageRequest } from "./storage-connection.ts";
import { StorageError } from "./storage-error.ts";
import { childrenOf, childText, type XmlElement } from "./xml.ts";

/** An object as a list shows it. */
export interface ListedObject extends ObjectPlace {
  readonly sizeBytes: number;
  /** With its quotes taken off. */
  readonly etag: string;
  /** ISO 8601. */
  readonly lastModified: string;
}

/** A multipart upload that is neither completed nor aborted. */
export interface PendingUpload extends ObjectPlace {
  readonly uploadId: string;
}

export interface ListInput {
  readonly bucket: string;
  readonly prefix?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Every object of a bucket whose key begins with a prefix, in the order of the keys, page by page as they are read.
 * @throws {StorageError} when a page leads to one that was there already, and so the list has no end
 */
export async function* listObjects(connection: StorageConnection, input: ListInput): AsyncGenerator<ListedObject> {
  const { bucket, prefix = "", signal } = input;
  const base = { "list-type": "2", "encoding-type": "url", prefix };
  const asked = { operation: "ListObjectsV2", bucket, isRead: true, method: "GET", signal } as const;
  const pages = pagesOf(connection, { ...asked, query: base }, (page) => {
    const token = childText(page, "NextContinuationToken");
    return token === undefined ? undefined : { "continuation-token": token };
  });
  for await (const page of pages) {
    const key = keyReader(asked, page);
    for (const entry of childrenOf(page, "Contents")) {
      const sizeBytes = Number(requiredText(asked, entry, "Size"));
      if (!Number.isSafeInteger(sizeBytes)) throw unreadable(asked, "the size of an object is no number");
      yield {
        bucket,
        key: key(requiredText(asked, entry, "Key")),
        sizeBytes,
        etag: withoutQuotes(childText(entry, "ETag")),
        lastModified: childText(entry, "LastModified") ?? "",
      };
    }
  }
}

/** The uploads that are under way for keys with a prefix. */
export async function* listUploads(connection: StorageConnection, input: ListInput): AsyncGenerator<PendingUpload> {
  const { bucket, prefix = "", signal } = input;
  const base = { uploads: "", "encoding-type": "url", prefix };
  const asked = { operation: "ListMultipartUploads", bucket, isRead: true, method: "GET", signal } as const;
  const pages = pagesOf(connection, { ...asked, query: base }, (page) => {
    const [key, upload] = [childText(page, "NextKeyMarker"), childText(page, "NextUploadIdMarker")];
    return key
      ? { "key-marker": keyReader(asked, page)(key), ...(upload && { "upload-id-marker": upload }) }
      : undefined;
  });
  for await (const page of pages) {
    const key = keyReader(asked, page);
    for (const entry of childrenOf(page, "Upload")) {
      // Without its id, its end would be that of the object.
      const uploadId = requiredText(asked, entry, "UploadId");
      yield { bucket, key: key(requiredText(asked, entry, "Key")), uploadId };
    }
  }
}

type Query = Readonly<Record<string, string>>;

async function* pagesOf(
  connection: StorageConnection,
  request: StorageRequest & { readonly operation: keyof typeof ROOTS },
  nextOf: (page: XmlElement) => Query | undefined,
): AsyncGenerator<XmlElement> {
  const seen = new Set<string>();
  let next: Query = {};
  // Ever new marks on pages without anything are an endless list as well.
  for (let emptyPages = 0; emptyPages < MOST_EMPTY_PAGES; ) {
    const { text } = await connection.send({ ...request, query: { ...request.query, ...next } });
    const page = readXml(request, text, ROOTS[request.operation]);
    yield page;
    const isLast = childText(page, "IsTruncated") !== "true";
    const mark = nextOf(page);
    if (isLast) return;
    if (mark === undefined || seen.has(JSON.stringify(mark))) break;
    seen.add(JSON.stringify(mark));
    next = mark;
    const isEmpty = !page.children.some(({ name }) => name === "Contents" || name === "Upload");
    emptyPages = isEmpty ? emptyPages + 1 : 0;
  }
  throw endless(request);
}

const MOST_EMPTY_PAGES = 100;

const ROOTS = { ListObjectsV2: "ListBucketResult", ListMultipartUploads: "ListMultipartUploadsResult" } as const;

function endless({ operation, bucket }: StorageRequest): StorageError {
  const failure = { operation, bucket, httpStatus: 200, ambiguous: false };
  return new StorageError(failure, `${operation} of "${bucket}" gave pages without an end`);
}
