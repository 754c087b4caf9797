import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { all, storageOf } from "../support/local-cloud/storage-of.ts";
import { requireTools } from "../support/suite/requirements.ts";

const run = promisify(execFile);
const describe = requireTools("s3cmd", "rclone", "curl");
/** Debian's own, whatever else is in front of it on PATH. */
const AWS = "/usr/bin/aws";
const REGION = "eu-west-2";
/** More than one part for each of the clients. */
const BIG_BYTES = 18 * 1024 ** 2;

describe("the buckets of a local cloud, with clients of others", () => {
  const folder = mkdtempSync(join(tmpdir(), "local-cloud-buckets-"));
  const path = (name: string) => join(folder, name);
  let cloud: LocalCloud;
  let env: NodeJS.ProcessEnv;
  const program = async (name: string, ...argv: readonly string[]) =>
    (await run(name, argv, { env, encoding: "utf8", maxBuffer: BIG_BYTES })).stdout;
  const isSame = (one: string, other: string) => readFileSync(one).equals(readFileSync(other));
  const opened = async (url: string) => program("curl", "--silent", url.trim());

  beforeAll(async () => {
    cloud = await startLocalCloud({ stateFolder: path("state"), blocks: "memory", region: REGION });
    const { accessKey, secretKey } = cloud.account("builder");
    const { PATH } = process.env;
    env = { PATH, HOME: folder, AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey };
    Object.assign(env, { AWS_DEFAULT_REGION: REGION, AWS_CONFIG_FILE: path("aws"), AWS_EC2_METADATA_DISABLED: "true" });
    writeFileSync(path("aws"), "[default]\ns3 =\n  addressing_style = path\n");
    const host = new URL(cloud.storageEndpoint).host;
    const s3cmd = {
      access_key: accessKey,
      secret_key: secretKey,
      host_base: host,
      host_bucket: host,
      use_https: "False",
    };
    const lines = Object.entries({ ...s3cmd, bucket_location: REGION, multipart_chunk_size_mb: "5" });
    writeFileSync(path("s3cfg"), `[default]\n${lines.map(([name, value]) => `${name} = ${value}\n`).join("")}`);
    const keys = { access_key_id: accessKey, secret_access_key: secretKey };
    const rclone = { type: "s3", provider: "Other", ...keys, endpoint: cloud.storageEndpoint, region: REGION };
    const entries = Object.entries({
      ...rclone,
      force_path_style: "true",
      upload_cutoff: "6M",
      copy_cutoff: "6M",
      chunk_size: "5M",
    });
    writeFileSync(path("rclone"), `[oos]\n${entries.map(([name, value]) => `${name} = ${value}\n`).join("")}`);
    mkdirSync(join(folder, "tree", "sub"), { recursive: true });
    writeFileSync(path("tree/small"), "some words");
    writeFileSync(path("tree/sub/big ü+x"), randomBytes(BIG_BYTES));
  });
  afterAll(async () => {
    await cloud?.close();
    rmSync(folder, { recursive: true });
  });

  /** What a client has left. */
  async function leftIn(bucket: string): Promise<unknown> {
    await using storage = storageOf({ endpoint: cloud.endpoint, ...cloud.account("builder") });
    if ((await storage.findBucket(bucket)) === "absent") return "no bucket";
    return [await all(storage.list(bucket)), await all(storage.uploads(bucket))];
  }

  it("awscli makes, puts (in parts), lists, gets, copies, signs and removes", async () => {
    const s3 = (...argv: readonly string[]) => program(AWS, "--endpoint-url", cloud.storageEndpoint, ...argv);
    await s3("s3", "mb", "s3://aws-bucket");
    await s3("s3", "sync", "--no-progress", path("tree"), "s3://aws-bucket/tree");
    expect(await s3("s3", "ls", "--recursive", "s3://aws-bucket")).toMatch(
      / 10 tree\/small\n.* 18874368 tree\/sub\/big ü\+x\n/,
    );
    expect(await s3("s3", "ls", "s3://aws-bucket/tree/")).toContain("PRE sub/");
    await s3("s3", "cp", "--no-progress", "s3://aws-bucket/tree/sub/big ü+x", path("aws-back"));
    expect(isSame(path("tree/sub/big ü+x"), path("aws-back"))).toBe(true);
    expect(await opened(await s3("s3", "presign", "s3://aws-bucket/tree/small"))).toBe("some words");
    const head = await s3("s3api", "head-object", "--bucket", "aws-bucket", "--key", "tree/sub/big ü+x");
    expect(JSON.parse(head)).toMatchObject({ ContentLength: BIG_BYTES, ETag: expect.stringMatching(/-3"$/) });
    await s3("s3", "cp", "s3://aws-bucket/tree/small", "s3://aws-bucket/copy");
    await s3("s3", "cp", "--no-progress", "s3://aws-bucket/tree/sub/big ü+x", "s3://aws-bucket/big copy");
    await s3("s3", "mv", "--no-progress", "s3://aws-bucket/big copy", "s3://aws-bucket/moved");
    await s3("s3", "cp", "--no-progress", "s3://aws-bucket/moved", path("aws-moved"));
    expect(isSame(path("tree/sub/big ü+x"), path("aws-moved"))).toBe(true);
    expect(await s3("s3", "ls", "s3://aws-bucket")).not.toContain("big copy");
    await s3("s3", "rm", "--recursive", "s3://aws-bucket");
    await s3("s3", "rb", "s3://aws-bucket");
    expect(await leftIn("aws-bucket")).toBe("no bucket");
  });

  it("s3cmd does the same, with version 2 of the signed URLs and ACLs", async () => {
    const s3 = (...argv: readonly string[]) => program("s3cmd", "-c", path("s3cfg"), "--no-progress", ...argv);
    await s3("mb", "s3://s3cmd-bucket");
    await s3("sync", `${path("tree")}/`, "s3://s3cmd-bucket/tree/");
    expect(await s3("ls", "--recursive", "s3://s3cmd-bucket")).toMatch(
      /18874368 +s3:\/\/s3cmd-bucket\/tree\/sub\/big ü\+x/,
    );
    await s3("get", "s3://s3cmd-bucket/tree/sub/big ü+x", path("s3cmd-back"));
    expect(isSame(path("tree/sub/big ü+x"), path("s3cmd-back"))).toBe(true);
    const url = await s3("signurl", "s3://s3cmd-bucket/tree/small", "+600");
    expect(url).toContain("AWSAccessKeyId=");
    expect(await opened(url)).toBe("some words");
    expect(await opened(await s3("signurl", "s3://s3cmd-bucket/tree/small", "1000"))).toContain("Request has expired");
    const plain = `${cloud.storageEndpoint}/s3cmd-bucket/tree/small`;
    await s3("setacl", "--acl-public", "s3://s3cmd-bucket/tree/small");
    expect(await opened(plain)).toBe("some words");
    await s3("setacl", "--acl-private", "s3://s3cmd-bucket/tree/small");
    expect(await opened(plain)).toContain("AccessDenied");
    await s3("cp", "s3://s3cmd-bucket/tree/small", "s3://s3cmd-bucket/copy");
    await s3("del", "--recursive", "--force", "s3://s3cmd-bucket");
    await s3("rb", "s3://s3cmd-bucket");
    expect(await leftIn("s3cmd-bucket")).toBe("no bucket");
  });

  it("rclone does the same, and finds every byte as it was", async () => {
    const rclone = (...argv: readonly string[]) => program("rclone", "--config", path("rclone"), ...argv);
    await rclone("mkdir", "oos:rclone-bucket");
    await rclone("sync", path("tree"), "oos:rclone-bucket/tree");
    await rclone("check", "--download", path("tree"), "oos:rclone-bucket/tree");
    expect(await rclone("lsf", "--recursive", "--files-only", "oos:rclone-bucket")).toContain("tree/sub/big ü+x\n");
    const link = await rclone("link", "--expire", "10m", "oos:rclone-bucket/tree/small");
    expect(await opened(link)).toBe("some words");
    await rclone("copy", "oos:rclone-bucket/tree", "oos:rclone-bucket/copy");
    await rclone("check", "--download", path("tree"), "oos:rclone-bucket/copy");
    await rclone("purge", "oos:rclone-bucket");
    expect(await leftIn("rclone-bucket")).toBe("no bucket");
  });
});
