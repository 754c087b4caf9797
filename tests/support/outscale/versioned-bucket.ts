import type { IncomingMessage, ServerResponse } from "node:http";
import { childrenOf, childText, parseXml, xml, xmlDocument } from "../../../src/outscale/object-storage/xml.ts";
import { startServer } from "./start-server.ts";

interface Version {
  readonly key: string;
  readonly versionId: string;
  readonly isMarker: boolean;
}

export interface VersionedBucketOptions {
  /** What `GET ?versioning` answers: a status, nothing where it was never turned on, or a refusal in its place. */
  readonly versioning: "Enabled" | "Suspended" | "" | { readonly status: number; readonly code: string };
  /** How many versions a page of the list has. */
  readonly pageSize?: number;
  /** What is refused with 403: an operation in S3's words. */
  readonly denied?: string;
}

/** A bucket "images" that keeps versions as S3 does, or a service that knows none. */
export async function versionedBucket({ versioning, pageSize = 2, denied }: VersionedBucketOptions) {
  /** Oldest first. */
  const versions: Version[] = [];
  const asked: string[] = [];
  const keeps = versioning === "Enabled" || versioning === "Suspended";
  let count = 0;
  const add = (key: string, isMarker: boolean) => {
    const versionId = versioning === "Enabled" ? `v${++count}` : "null";
    const at = versions.findIndex((each) => each.key === key && each.versionId === versionId);
    if (at >= 0) versions.splice(at, 1);
    versions.push({ key, versionId, isMarker });
  };
  const hide = (key: string) => {
    if (keeps) add(key, true);
    else remove((each) => each.key === key);
  };
  const remove = (isGone: (version: Version) => boolean) => {
    const left = versions.filter((each) => !isGone(each));
    versions.splice(0, versions.length, ...left);
  };
  const isCurrent = ({ key, versionId, isMarker }: Version) =>
    !isMarker && versions.findLast((each) => each.key === key)?.versionId === versionId;

  const answers: Readonly<Record<string, (request: { url: URL; key: string; text: string }) => string>> = {
    GetBucketVersioning: () =>
      xmlDocument(xml("VersioningConfiguration", ...(keeps ? [xml("Status", String(versioning))] : []))),
    ListObjectVersions: ({ url }) => {
      const all = versions.filter(({ key }) => key.startsWith(url.searchParams.get("prefix") ?? ""));
      const sorted = all
        .toReversed()
        .toSorted((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
      const entries = sorted.slice(0, pageSize).map(({ key, versionId, isMarker }) => {
        const words = [xml("Key", encodeURIComponent(key)), xml("VersionId", versionId)];
        return xml(isMarker ? "DeleteMarker" : "Version", ...words);
      });
      const isTruncated = xml("IsTruncated", String(sorted.length > pageSize));
      return xmlDocument(xml("ListVersionsResult", xml("EncodingType", "url"), isTruncated, ...entries));
    },
    ListObjectsV2: ({ url }) => {
      const shown = versions.filter(
        (each) => isCurrent(each) && each.key.startsWith(url.searchParams.get("prefix") ?? ""),
      );
      const entries = shown.map(({ key }) => xml("Contents", xml("Key", key), xml("Size", 1)));
      return xmlDocument(xml("ListBucketResult", xml("IsTruncated", "false"), ...entries));
    },
    DeleteObjects: ({ text }) => {
      for (const entry of childrenOf(parseXml(text), "Object")) hide(childText(entry, "Key") ?? "");
      return xmlDocument(xml("DeleteResult"));
    },
    DeleteObject: ({ key }) => {
      hide(key);
      return "";
    },
    DeleteObjectVersion: ({ url, key }) => {
      const wanted = url.searchParams.get("versionId");
      remove((each) => each.key === key && each.versionId === wanted);
      return "";
    },
  };

  const server = await startServer(async (request, response) => {
    const text = await textOf(request);
    const url = new URL(request.url ?? "", "http://localhost");
    const operation = operationOf(request.method ?? "", url);
    asked.push(operation);
    if (operation === denied) return refuse(response, 403, "AccessDenied");
    if (operation === "GetBucketVersioning" && typeof versioning === "object") {
      return refuse(response, versioning.status, versioning.code);
    }
    const answer = answers[operation];
    if (answer === undefined) return refuse(response, 501, "NotImplemented");
    const body = answer({ url, text, key: decodeURIComponent(url.pathname.replace("/images/", "")) });
    response.writeHead(body === "" ? 204 : 200, { "content-type": "application/xml" });
    response.end(body);
  });
  return {
    port: server.port,
    asked,
    /** What is there and paid for, seen or not. */
    left: () => versions.map(({ key, isMarker }) => (isMarker ? `${key} (marker)` : key)),
    write: (key: string) => add(key, false),
    hide,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

function operationOf(method: string, { searchParams }: URL): string {
  if (method === "GET" && searchParams.has("versioning")) return "GetBucketVersioning";
  if (method === "GET" && searchParams.has("versions")) return "ListObjectVersions";
  if (method === "GET") return "ListObjectsV2";
  if (method === "POST") return "DeleteObjects";
  return searchParams.has("versionId") ? "DeleteObjectVersion" : "DeleteObject";
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(xmlDocument(xml("Error", xml("Code", code), xml("Message", "no"))));
}
