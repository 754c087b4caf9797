import { escapeText } from "../../outscale/object-storage/addresses.ts";
import { type Markup, xml, xmlDocument } from "../../outscale/object-storage/xml.ts";
import type { ObjectRecord, UploadRecord } from "../records.ts";
import { ownerOf } from "./acl.ts";
import { type BucketCall, type BucketOperation, listableBucket, ownBucket, uploadOf } from "./bucket-call.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import { partsOf } from "./multipart.ts";
import { compareKeys, pageOf } from "./page-of.ts";

const LARGEST_PAGE = 1_000;

/** What a list of keys is asked for. */
interface Asked {
  readonly prefix: string;
  readonly delimiter: string;
  readonly most: number;
  /** Writes a key as the caller wants it: XML cannot hold every one. */
  readonly write: (key: string) => string;
  readonly encoding: Markup | string;
}

function askedOf(call: BucketCall, mostName: string): Asked {
  const { query } = call.request;
  const isEscaped = query.get("encoding-type") === "url";
  const most = numberOf(call, mostName, LARGEST_PAGE);
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    most: Math.min(most, LARGEST_PAGE),
    write: isEscaped ? (key) => escapeText(key).replaceAll("%2F", "/") : (key) => key,
    encoding: isEscaped ? xml("EncodingType", "url") : "",
  };
}

/** An empty one is as good as none. */
function numberOf({ request }: BucketCall, name: string, absent: number): number {
  const text = request.query.get(name) || String(absent);
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new BucketRefusal("InvalidArgument", `${name} is a number`);
}

export const listObjects: BucketOperation = async (call) => {
  const marker = call.request.query.get("marker") ?? "";
  const { asked, page, words } = listed(call, marker);
  const next = page.next === undefined ? [] : [xml("NextMarker", asked.write(page.next))];
  return { body: xmlDocument(xml("ListBucketResult", ...words, xml("Marker", asked.write(marker)), ...next)) };
};

export const listObjectsV2: BucketOperation = async (call) => {
  const { query } = call.request;
  const token = query.get("continuation-token");
  const start = query.get("start-after") ?? "";
  const { asked, page, words } = listed(call, token === undefined ? start : nameOfToken(token));
  const count = xml("KeyCount", page.rows.length + page.common.length);
  const next = page.next === undefined ? [] : [xml("NextContinuationToken", tokenOf(page.next))];
  const given = token === undefined ? [] : [xml("ContinuationToken", token)];
  const started = start === "" ? [] : [xml("StartAfter", asked.write(start))];
  return { body: xmlDocument(xml("ListBucketResult", ...words, count, ...given, ...started, ...next)) };
};

function listed(call: BucketCall, after: string) {
  const { id } = listableBucket(call);
  const asked = askedOf(call, "max-keys");
  const rows = call.cloud.store.objects.values().filter(({ bucket }) => bucket === id);
  const page = pageOf(rows, { ...asked, after });
  const words = [
    ...[xml("Name", id), xml("Prefix", asked.write(asked.prefix)), xml("MaxKeys", asked.most), asked.encoding],
    ...(asked.delimiter === "" ? [] : [xml("Delimiter", asked.write(asked.delimiter))]),
    xml("IsTruncated", String(page.next !== undefined)),
    ...page.rows.map((row) => contents(row, asked)),
    ...page.common.map((name) => xml("CommonPrefixes", xml("Prefix", asked.write(name)))),
  ];
  return { asked, page, words };
}

function contents({ key, modifiedAt, etag, sizeBytes, accountId }: ObjectRecord, { write }: Asked): Markup {
  const words = [xml("Key", write(key)), xml("LastModified", modifiedAt), xml("ETag", `"${etag}"`)];
  return xml("Contents", ...words, xml("Size", sizeBytes), ownerOf(accountId), xml("StorageClass", "STANDARD"));
}

function tokenOf(name: string): string {
  return Buffer.from(name).toString("base64url");
}

function nameOfToken(token: string): string {
  return Buffer.from(token, "base64url").toString();
}

export const listMultipartUploads: BucketOperation = async (call) => {
  const { id } = ownBucket(call);
  const asked = askedOf(call, "max-uploads");
  const { query } = call.request;
  const [marker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""];
  const isAfter = ({ key, id }: UploadRecord) =>
    compareKeys(key, marker) > 0 || (key === marker && idMarker !== "" && id > idMarker);
  const uploads = call.cloud.store.uploads.values().filter((upload) => upload.bucket === id && isAfter(upload));
  const sorted = uploads
    .filter(({ key }) => key.startsWith(asked.prefix))
    .sort((one, other) => compareKeys(one.key, other.key) || (one.id < other.id ? -1 : 1));
  const shown = sorted.slice(0, asked.most);
  const last = sorted.length > shown.length ? shown.at(-1) : undefined;
  const next = last ? [xml("NextKeyMarker", asked.write(last.key)), xml("NextUploadIdMarker", last.id)] : [];
  const entries = shown.map(({ key, id, beganAt, accountId }) => {
    const words = [xml("Key", asked.write(key)), xml("UploadId", id), ownerOf(accountId, "Initiator")];
    return xml("Upload", ...words, ownerOf(accountId), xml("StorageClass", "STANDARD"), xml("Initiated", beganAt));
  });
  const words = [xml("Bucket", id), xml("Prefix", asked.write(asked.prefix)), xml("MaxUploads", asked.most)];
  const truncated = xml("IsTruncated", String(last !== undefined));
  const root = xml("ListMultipartUploadsResult", ...words, asked.encoding, truncated, ...next, ...entries);
  return { body: xmlDocument(root) };
};

export const listParts: BucketOperation = async (call) => {
  const upload = uploadOf(call);
  const { most } = askedOf(call, "max-parts");
  const marker = numberOf(call, "part-number-marker", 0);
  const left = partsOf(call.cloud, upload.id).filter(({ number }) => number > marker);
  const shown = left.slice(0, most);
  const last = left.length > shown.length ? shown.at(-1) : undefined;
  const entries = shown.map(({ number, etag, sizeBytes, modifiedAt }) => {
    const words = [xml("PartNumber", number), xml("LastModified", modifiedAt), xml("ETag", `"${etag}"`)];
    return xml("Part", ...words, xml("Size", sizeBytes));
  });
  const place = [xml("Bucket", upload.bucket), xml("Key", upload.key), xml("UploadId", upload.id)];
  const words = [...place, ownerOf(upload.accountId, "Initiator"), ownerOf(upload.accountId), xml("MaxParts", most)];
  const next = last ? [xml("NextPartNumberMarker", last.number)] : [];
  const truncated = xml("IsTruncated", String(last !== undefined));
  return { body: xmlDocument(xml("ListPartsResult", ...words, truncated, ...next, ...entries)) };
};
