import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCertificate, type PemFiles } from "../../tests/support/outscale/forwarding-door.ts";
import { requireThat } from "../../tests/support/suite/requirements.ts";
import { AuthError } from "../common/errors.ts";
import { resolveAccess } from "./credentials.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

requireThat(hasOpenssl, "openssl")("resolveAccess() with a client certificate", () => {
  let folder: string;
  let own: PemFiles;
  let other: PemFiles;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "client-certificate-"));
    own = makeCertificate(folder, "own");
    other = makeCertificate(folder, "other");
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function certificateOf({ cert, key }: Partial<PemFiles>, env: NodeJS.ProcessEnv = {}) {
    const template = { accessKey: "access", secretKey: "secret", x509CertPath: cert, x509KeyPath: key };
    const { access } = await resolveAccess({ template, env, homeDir: folder });
    return access.certificate;
  }
  const base64 = (cert: string, key: string) => ({
    OSC_X509_CLIENT_CERT_B64: Buffer.from(cert).toString("base64"),
    OSC_X509_CLIENT_KEY_B64: Buffer.from(key).toString("base64"),
  });
  const read = async ({ cert, key }: PemFiles) => ({
    cert: await readFile(cert, "utf8"),
    key: await readFile(key, "utf8"),
  });
  const written = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const encrypted = (name: string, args: readonly string[]) => {
    const path = join(folder, name);
    const pass = ["-passout", "pass:hunter2hunter2"];
    execFileSync("openssl", [...args, "-in", own.key, ...pass, "-out", path], { stdio: "ignore" });
    return path;
  };

  it("reads it from files, or else from base64", async () => {
    const [pem, otherPem] = [await read(own), await read(other)];
    const env = base64(otherPem.cert, otherPem.key);
    expect(await certificateOf({}, env)).toEqual(otherPem);
    expect(await certificateOf(own, env)).toEqual(pem);
  });

  it("takes one file that holds both", async () => {
    const { cert, key } = await read(own);
    const both = await written("both.pem", key + cert);
    expect(await certificateOf({ cert: both, key: both })).toEqual({ cert: key + cert, key: key + cert });
  });

  it("refuses what no connection can be made with, names the option, and quotes nothing", async () => {
    const pem = await read(own);
    const empty = await written("empty", "\n");
    const garbage = await written("garbage", "some-words-that-nobody-may-see");
    const cases: [PemFiles, NodeJS.ProcessEnv, RegExp][] = [
      [{ cert: own.key, key: own.cert }, {}, /x509_cert_path .*own.key.* holds a private key.*swapped/],
      [{ cert: own.cert, key: other.key }, {}, /x509_key_path .*other.key.* not the key of.* x509_cert_path .*own.crt/],
      [{ cert: garbage, key: own.key }, {}, /x509_cert_path .*garbage.* no certificate in PEM/],
      [{ cert: own.cert, key: garbage }, {}, /x509_key_path .*garbage.* no private key in PEM/],
      [{ cert: own.cert, key: own.cert }, {}, /x509_key_path .*own.crt.* no private key in PEM/],
      [{ cert: empty, key: own.key }, {}, /x509_cert_path .*empty.* is empty/],
      [{ cert: own.cert, key: empty }, {}, /x509_key_path .*empty.* is empty/],
      [{ cert: own.cert, key: encrypted("new.key", ["pkcs8", "-topk8"]) }, {}, /new.key.* is encrypted/],
      [{ cert: own.cert, key: encrypted("old.key", ["ec", "-aes256"]) }, {}, /old.key.* is encrypted/],
    ];
    const none = { cert: "", key: "" };
    cases.push([
      none,
      base64("some-words-that-nobody-may-see", pem.key),
      /x509_client_cert_b64 .*no certificate in PEM/,
    ]);
    cases.push([none, base64(pem.cert, "some-words-that-nobody-may-see"), /x509_client_key_b64 .*no private key/]);
    cases.push([
      none,
      { ...base64(pem.cert, pem.key), OSC_X509_CLIENT_KEY_B64: "!!!" },
      /x509_client_key_b64 is empty/,
    ]);
    for (const [files, env, message] of cases) {
      const error = await certificateOf(files, env).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(AuthError);
      const told = error instanceof AuthError ? `${error.message}. ${error.hint}. ${error.cause}` : "";
      expect(told).toMatch(message);
      for (const line of [pem.key, "some-words-that-nobody-may-see"].join("\n").split("\n"))
        if (line !== "" && !line.startsWith("-----")) expect(told).not.toContain(line);
    }
  });
});
