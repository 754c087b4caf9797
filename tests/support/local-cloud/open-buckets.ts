import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccountRole } from "../../../src/local-cloud/accounts.ts";
import { type LocalCloud, startLocalCloud } from "../../../src/local-cloud/start-local-cloud.ts";
import { escapeText, queryOf } from "../../../src/outscale/object-storage/addresses.ts";
import { authorization, sha256, signatureDate } from "../../../src/outscale/signature.ts";

/** A request of S3 as a client of others may send it. */
export interface BucketAsk {
  /** Path and query, such as `/images/a?acl`; spaces and what is not ASCII are escaped. */
  readonly url: string;
  /** `GET` when absent. */
  readonly method?: string;
  /** In lower case. `x-amz-content-sha256` is the body's, unless it is given. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface BucketReply {
  readonly status: number;
  /** S3's code of an error; empty when there is none. */
  readonly code: string;
  readonly headers: Headers;
  readonly text: string;
}

/** The buckets of a local cloud in memory, with one that is called `images`, and requests to them in every form. */
export interface OpenBuckets extends AsyncDisposable {
  readonly cloud: LocalCloud;
  /** Signed with the keys of `builder`. */
  ask(request: BucketAsk): Promise<BucketReply>;
  askAs(role: AccountRole | "nobody", request: BucketAsk): Promise<BucketReply>;
  /** The status and S3's code, such as `404 NoSuchKey`. */
  outcome(request: BucketAsk): Promise<string>;
  put(key: string, body?: string | Uint8Array): Promise<string>;
  /** How many files hold contents. */
  countBlobs(): Promise<number>;
}

export async function openBuckets(): Promise<OpenBuckets> {
  const folder = await mkdtemp(join(tmpdir(), "open-buckets-"));
  const state = join(folder, "state");
  const cloud = await startLocalCloud({ stateFolder: state, blocks: "memory" });
  const askAs = async (role: AccountRole | "nobody", request: BucketAsk) => {
    const { method = "GET", body = "" } = request;
    const url = new URL(cloud.storageEndpoint + request.url);
    const headers = role === "nobody" ? request.headers : signed(cloud.account(role), url, request);
    const answer = await fetch(url, {
      method,
      headers: headers ?? {},
      ...(body.length > 0 && { body: Buffer.from(body) }),
    });
    const text = await answer.text();
    const code = /<Error><Code>(\w+)/.exec(text)?.[1] ?? "";
    return { status: answer.status, code, headers: answer.headers, text };
  };
  const ask = (request: BucketAsk) => askAs("builder", request);
  await ask({ method: "PUT", url: "/images" });
  return {
    cloud,
    ask,
    askAs,
    outcome: async (request) => {
      const { status, code } = await ask(request);
      return `${status} ${code}`.trim();
    },
    put: async (key, body = key) => {
      const { status, headers, text } = await ask({ method: "PUT", url: `/images/${key}`, body });
      if (status !== 200) throw new Error(text);
      return headers.get("etag") ?? "";
    },
    countBlobs: async () => (await readdir(join(state, "objects"))).length,
    [Symbol.asyncDispose]: async () => {
      await cloud.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface Keys {
  readonly accessKey: string;
  readonly secretKey: string;
}

function signed(keys: Keys, url: URL, { method = "GET", headers = {}, body = "" }: BucketAsk): Record<string, string> {
  const date = signatureDate(Date.now());
  const bodyHash = headers["x-amz-content-sha256"] ?? sha256(body);
  const sent = { ...headers, "x-amz-date": date, "x-amz-content-sha256": bodyHash };
  const path = url.pathname
    .split("/")
    .map((part) => escapeText(decodeURIComponent(part)))
    .join("/");
  const parts = {
    ...({
      dialect: "AWS4",
      method,
      path,
      query: queryOf(Object.fromEntries(url.searchParams)),
      body,
      bodyHash,
    } as const),
    ...{ date, region: "eu-west-2", service: "s3", headers: { ...sent, host: url.host } },
  };
  return { ...sent, authorization: authorization(keys, parts) };
}
