import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ProvenanceStatement } from "../../src/index.ts";
import { localCloudImages, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { runInFolder } from "../support/program/run-in-folder.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const template = `
variable "team" {
  default = "web"
}
variable "token" {
  type      = string
  sensitive = true
}
source "outscale-chroot" "web" {
  omi_name   = "web"
  boot_check = "off"
  tags       = { note = file("note.txt") }
  source_omi_filter {
    filters = { image-name = "Debian-12-*" }
    owners  = ["Outscale"]
  }
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    script = "\${path.root}/set-up.sh"
    env    = { TOKEN = var.token }
  }
  provisioner "file" {
    source      = "\${path.root}/site"
    destination = "/srv"
  }
}
`;

const describe = requirePrograms(...buildPrograms, "sha256sum", "openssl");

describe("provenance of an OMI", () => {
  let folder: string;
  let built: { readonly exitCode: number; readonly stdout: string; readonly stderr: string };
  const at = (...names: string[]) => join(folder, ...names);
  const run = (...argv: string[]) => runInFolder(folder, argv);
  const verify = (...argv: string[]) => run("verify", "-key", at("key.pub.pem"), ...argv);
  const pem = (name: string) => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(at(`${name}.pem`), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    writeFileSync(at(`${name}.pub.pem`), publicKey.export({ type: "spki", format: "pem" }));
  };
  const payload = (): ProvenanceStatement =>
    JSON.parse(Buffer.from(JSON.parse(readFileSync(at("web.intoto.json"), "utf8")).payload, "base64").toString());

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "provenance-")));
    mkdirSync(at("recipe", "site", "css"), { recursive: true });
    writeFileSync(at("recipe", "web.pkr.hcl"), template);
    writeFileSync(at("recipe", "note.txt"), "of the docs");
    writeFileSync(at("recipe", "set-up.sh"), "#!/bin/sh\necho set up > /etc/set-up\n");
    writeFileSync(at("recipe", "site", "index.html"), "<p>");
    writeFileSync(at("recipe", "site", "css", "a.css"), "p {}");
    writeFileSync(at("values.pkrvars.hcl"), 'token = "a-token-of-great-worth"\n');
    pem("key");
    pem("other");
    const files = ["-sbom", at("web.cdx.json"), "-provenance", at("web.intoto.json"), "-provenance-key", at("key.pem")];
    built = await run("build", "-local", "-var-file", at("values.pkrvars.hcl"), ...files, at("recipe"));
  });
  afterAll(async () => {
    await resetLocalCloud(at("cloud"));
    rmSync(folder, { recursive: true });
  });

  it("names everything that went into it, and no secret", async () => {
    expect(built.exitCode, built.stderr).toBe(0);
    const statement = payload();
    const ajv = addFormats.default(new Ajv({ strict: false }));
    const schema = JSON.parse(readFileSync("tests/support/schemas/slsa-provenance-v1.json", "utf8"));
    expect(ajv.validate(schema, statement), JSON.stringify(ajv.errors)).toBe(true);

    const image = (await localCloudImages(at("cloud"))).find(({ ImageName }) => ImageName === "web");
    const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
    const listed = `cd ${at("recipe", "site")} && find . -type f | cut -c3- | LC_ALL=C sort | xargs sha256sum | sha256sum`;
    const dirHash = execFileSync("sh", ["-c", listed], { encoding: "utf8" }).slice(0, 64);
    const { buildDefinition, runDetails } = statement.predicate;
    expect(statement.subject).toMatchObject([
      { name: `eu-west-2:${image?.ImageId}`, annotations: { imageName: "web" } },
    ]);
    expect(buildDefinition.externalParameters).toEqual({
      template: ".",
      build: "outscale-chroot.web",
      variables: { team: "web" },
      sensitiveVariables: ["token"],
      variableFiles: [at("values.pkrvars.hcl")],
    });
    const [source, ...files] = buildDefinition.resolvedDependencies ?? [];
    expect(source?.annotations).toMatchObject({ kind: "source", imageName: expect.stringMatching(/^Debian-12/) });
    expect(files.map(({ name, digest }) => [name, digest])).toEqual([
      ["web.pkr.hcl", { sha256: sha256(at("recipe", "web.pkr.hcl")) }],
      [at("values.pkrvars.hcl"), { sha256: sha256(at("values.pkrvars.hcl")) }],
      ["note.txt", { sha256: sha256(at("recipe", "note.txt")) }],
      ["set-up.sh", { sha256: sha256(at("recipe", "set-up.sh")) }],
      ["site", { dirHash }],
    ]);
    expect(runDetails.byproducts).toMatchObject([
      { name: "web.cdx.json", digest: { sha256: sha256(at("web.cdx.json")) } },
    ]);
    expect(JSON.stringify(statement)).not.toContain("a-token-of-great-worth");

    const runs = await run("runs", "show", "-json", runDetails.metadata?.invocationId ?? "");
    expect(JSON.parse(runs.stdout).provenance).toMatchObject({ subject: statement.subject });
  });

  it("is signed so that openssl can check it", () => {
    const { payload: text, payloadType, signatures } = JSON.parse(readFileSync(at("web.intoto.json"), "utf8"));
    const body = Buffer.from(text, "base64");
    writeFileSync(
      at("signed"),
      Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body]),
    );
    writeFileSync(at("signature"), Buffer.from(signatures[0].sig, "base64"));
    const argv = ["dgst", "-sha256", "-verify", at("key.pub.pem"), "-signature", at("signature"), at("signed")];
    expect(execFileSync("openssl", argv, { encoding: "utf8" })).toBe("Verified OK\n");
  });

  it("is verified: signature, files, OMI", async () => {
    const { exitCode, stdout, stderr } = await verify("-local", at("web.intoto.json"), at("recipe"));
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(
      /ok: signature: .*\nok: statement: eu-west-2:ami-.*\nok: files: 5 as they were.*\nok: omi: ami-/,
    );
    const alone = await verify(at("web.intoto.json"));
    expect(alone.stdout).toContain(
      "not checked: files: no template was given\nnot checked: omi: no account was asked\n",
    );
  });

  it("is refused when a file, the template or the OMI is another", async () => {
    const refused = async (...argv: string[]) => {
      const { exitCode, stdout, stderr } = await verify(...argv);
      expect([exitCode, stdout]).toEqual([14, ""]);
      return stderr;
    };
    expect(await refused("-omi", "ami-00000000", "-local", at("web.intoto.json"))).toContain("not about ami-00000000");
    writeFileSync(at("recipe", "b.pkr.hcl"), "");
    expect(await refused(at("web.intoto.json"), at("recipe"))).toContain('"b.pkr.hcl" was not a part of it');
    rmSync(at("recipe", "b.pkr.hcl"));
    appendFileSync(at("recipe", "site", "index.html"), "<script>");
    rmSync(at("recipe", "note.txt"));
    const changed = await refused(at("web.intoto.json"), at("recipe"));
    expect(changed).toContain('"site" has changed');
    expect(changed).toContain('"note.txt" cannot be read');

    const other = await run("verify", "-key", at("other.pub.pem"), at("web.intoto.json"));
    expect([other.exitCode, other.stderr]).toEqual([14, expect.stringContaining("has not signed this")]);
  });

  it("is refused when somebody has changed it, or tries to confuse", async () => {
    const envelope = JSON.parse(readFileSync(at("web.intoto.json"), "utf8"));
    const statement = JSON.stringify(payload());
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const hostile: readonly [string, string, string][] = [
      [
        "another OMI",
        JSON.stringify({ ...envelope, payload: base64(statement.replaceAll("ami-", "ami-f")) }),
        "has not signed",
      ],
      ["no signature", statement, "is not signed"],
      ["names that stand twice", JSON.stringify(envelope).replace("{", '{"payload":"",'), "stands twice"],
      ["no JSON", "\u0000\u0001", "no JSON"],
      ["an escape sequence", JSON.stringify({ ...envelope, payloadType: "\u001b[2J" }), "has not signed"],
      [
        "a huge number of signatures",
        JSON.stringify({ ...envelope, signatures: Array(101).fill(envelope.signatures[0]) }),
        "no signed envelope",
      ],
    ];
    for (const [what, content, message] of hostile) {
      writeFileSync(at("hostile.json"), content);
      const { exitCode, stderr } = await verify(at("hostile.json"));
      expect([what, exitCode, stderr]).toEqual([what, 14, expect.stringContaining(message)]);
      expect(stderr).not.toContain("\u001b[2J");
    }
    const unsigned = async (content: string) => {
      writeFileSync(at("hostile.json"), content);
      return run("verify", "-unsigned", at("hostile.json"));
    };
    expect((await unsigned(statement)).stdout).toContain("not checked: signature: no key was given");
    expect((await unsigned(statement.replaceAll("ami-", "ami-f"))).stderr).toContain("not about one OMI whose digest");
    expect((await unsigned(statement.replace("provenance/v1", "provenance/v0.2"))).stderr).toContain("provenance/v0.2");
    expect((await run("verify", at("web.intoto.json"))).exitCode).toBe(2);
  });
});
