import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuthError, messageOf } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import { resolveAccess, resolveRegion, type TemplateAccess } from "./credentials.ts";

let homeDir: string;
beforeEach(async () => {
  homeDir = await mkdtemp(join(tmpdir(), "credentials-"));
});
afterEach(() => rm(homeDir, { recursive: true }));

const resolve = (template: TemplateAccess, env: NodeJS.ProcessEnv = {}) => resolveAccess({ template, env, homeDir });
const keys = { OSC_ACCESS_KEY: "env-access", OSC_SECRET_KEY: "env-secret" };
const templateKeys = { accessKey: "template-access", secretKey: "template-secret" };

async function writeProfiles(profiles: unknown): Promise<void> {
  await mkdir(join(homeDir, ".osc"));
  await writeFile(join(homeDir, ".osc", "config.json"), JSON.stringify(profiles));
}

describe("resolveAccess()", () => {
  it("takes keys from the environment, and the default region's endpoint", async () => {
    expect(await resolve({}, keys)).toEqual({
      access: {
        accessKey: "env-access",
        secretKey: "env-secret",
        region: "eu-west-2",
        endpoint: "https://api.eu-west-2.outscale.com/api/v1",
        certificate: undefined,
        insecureSkipTlsVerify: false,
        profile: undefined,
      },
      notices: [],
    });
  });

  it("prefers template to profile to environment, field by field", async () => {
    const endpoints = { api: "https://gateway.example" };
    await writeProfiles({
      ci: { access_key: "file-access", secret_key: "file-secret", region: "us-east-2", endpoints },
    });
    const env = { ...keys, OSC_REGION: "us-west-1", OSC_ENDPOINT_API: "https://other.example" };
    const { access } = await resolve({ profile: "ci", region: "ap-northeast-1" }, env);
    expect(access).toMatchObject({
      accessKey: "file-access",
      secretKey: "file-secret",
      region: "ap-northeast-1",
      endpoint: "https://gateway.example/api/v1",
      profile: "ci",
    });
  });

  it("finds the object storage where it is not the region's own", async () => {
    await writeProfiles({ ci: { endpoints: { oos: "oos.example" } } });
    const env = { ...keys, OSC_ENDPOINT_OOS: "http://127.0.0.1:3000/" };
    expect((await resolve({ profile: "ci" }, env)).access.storageEndpoint).toBe("https://oos.example");
    expect((await resolve({}, env)).access.storageEndpoint).toBe("http://127.0.0.1:3000");
    await expect(resolve({}, { ...keys, OSC_ENDPOINT_OOS: "ftp://oos.example" })).rejects.toThrow("is not an endpoint");
  });

  it("fills what the profile lacks from the environment", async () => {
    await writeProfiles({ ci: { region: "us-east-2" } });
    const { access } = await resolve({ profile: "ci" }, keys);
    expect(access).toMatchObject({ accessKey: "env-access", region: "us-east-2" });
  });

  it("does not read the file when a key is there and the template names no profile", async () => {
    await writeProfiles({ default: { region: "us-east-2" } });
    const { access } = await resolve({}, { ...keys, OSC_PROFILE: "default" });
    expect(access).toMatchObject({ region: "eu-west-2", profile: undefined });
  });

  it("reads the profile of OSC_PROFILE when there is no key elsewhere", async () => {
    await writeProfiles({ ci: { access_key: "file-access", secret_key: "file-secret" } });
    const { access } = await resolve({}, { OSC_PROFILE: "ci" });
    expect(access).toMatchObject({ accessKey: "file-access", profile: "ci" });
  });

  it("takes the deprecated variables last, with a notice", async () => {
    const old = {
      OUTSCALE_ACCESSKEYID: "old-access",
      OUTSCALE_SECRETKEYID: "old-secret",
      OUTSCALE_REGION: "us-east-2",
    };
    const { access, notices } = await resolve({}, { ...old, OSC_REGION: "us-west-1" });
    expect(access).toMatchObject({ accessKey: "old-access", secretKey: "old-secret", region: "us-west-1" });
    expect(notices).toEqual([
      "The variable OUTSCALE_ACCESSKEYID is deprecated: use OSC_ACCESS_KEY instead",
      "The variable OUTSCALE_SECRETKEYID is deprecated: use OSC_SECRET_KEY instead",
    ]);
  });

  it.each<[TemplateAccess, NodeJS.ProcessEnv, boolean]>([
    [{}, {}, false],
    [{}, { OSC_TLS_SKIP_VERIFY: "Yes" }, true],
    [{}, { OSC_TLS_SKIP_VERIFY: "0" }, false],
    [{ insecureSkipTlsVerify: true }, {}, true],
    [{ insecureSkipTlsVerify: false }, { OSC_TLS_SKIP_VERIFY: "true" }, false],
  ])("with %j and %j skips TLS checks: %s", async (template, env, expected) => {
    const { access } = await resolve(template, { ...keys, ...env });
    expect(access.insecureSkipTlsVerify).toBe(expected);
  });

  it.each(["https://api.us-east-2.outscale.com", "api.us-east-2.outscale.com"])(
    "reads the region off an endpoint when nothing else names it: %s",
    async (endpoint) => {
      const expected = { region: "us-east-2", endpoint: "https://api.us-east-2.outscale.com/api/v1" };
      expect((await resolve({ customEndpointOapi: endpoint }, keys)).access).toMatchObject(expected);
      expect((await resolve({}, { ...keys, OSC_ENDPOINT_API: endpoint })).access).toMatchObject(expected);
      await writeProfiles({ ci: { endpoints: { api: endpoint } } });
      expect((await resolve({ profile: "ci" }, keys)).access).toMatchObject(expected);
    },
  );

  it("keeps the socket of a local cloud", async () => {
    const { access } = await resolve({ customEndpointOapi: "unix:///run/cloud.sock" }, keys);
    expect(access.endpoint).toBe("unix:/run/cloud.sock");
  });

  it("replaces the endpoint of the older API, as the original's README still shows it", async () => {
    const { access, notices } = await resolve(
      { customEndpointOapi: "outscale.com/oapi/latest", region: "us-east-2" },
      keys,
    );
    expect(access.endpoint).toBe("https://api.us-east-2.outscale.com/api/v1");
    expect(notices).toEqual([expect.stringContaining('"outscale.com/oapi/latest" is of an older API')]);
  });

  it.each(["https://api.us-east-2.outscale.com/api/v1", "api.us-east-2.outscale.com"])(
    "says that the endpoint is that of another region: %s",
    async (endpoint) => {
      const { notices } = await resolve({ region: "eu-west-2", customEndpointOapi: endpoint }, keys);
      expect(notices).toEqual([expect.stringContaining("that of us-east-2: one of them is wrong")]);
      expect((await resolve({ region: "us-east-2", customEndpointOapi: endpoint }, keys)).notices).toEqual([]);
    },
  );

  it("says that another protocol has no effect", async () => {
    const { notices } = await resolve({}, { ...keys, OSC_PROTOCOL: "http" });
    expect(notices).toEqual([expect.stringContaining('The protocol "http" is not used')]);
  });

  it("registers every credential to be masked, the unused ones too", async () => {
    await writeProfiles({ ci: { access_key: "ci-access-key", secret_key: "ci-secret-key", password: "ci-password" } });
    await resolve({ profile: "ci" }, { ...keys, OSC_PASSWORD: "env-password" });
    const shown = secrets.mask("ci-access-key ci-secret-key ci-password env-secret env-password");
    expect(shown).toBe(Array(5).fill("<sensitive>").join(" "));
  });

  it("says where it looked when there is no key", async () => {
    const error = await resolve({}).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/no access key and no secret key.*template.*no profile.*OSC_ACCESS_KEY/),
    });
  });

  it.each<[string, TemplateAccess, NodeJS.ProcessEnv]>([
    ["the template has access_key but no secret_key", { accessKey: "half" }, keys],
    ["There is no secret key", {}, { OSC_ACCESS_KEY: "half" }],
    ["has x509_cert_path but no x509_key_path", templateKeys, { OSC_X509_CLIENT_CERT: "/cert.pem" }],
    [
      'Cannot read the client certificate\'s file "/nowhere"',
      { ...templateKeys, x509CertPath: "/nowhere", x509KeyPath: "/k" },
      {},
    ],
    ['Cannot read the profile "ci" from', { profile: "ci" }, keys],
    ['Cannot read the profile "ci" from "/nowhere.json"', { profile: "ci" }, { OSC_CONFIG_FILE: "/nowhere.json" }],
  ])("refuses: %s", async (message, template, env) => {
    await expect(resolve(template, env)).rejects.toThrow(message);
    await expect(resolve(template, env)).rejects.toThrow(AuthError);
  });

  it("names the profiles that there are", async () => {
    await writeProfiles({ default: {}, prod: {} });
    const error = await resolve({ profile: "ci" }).catch((error: unknown) => error);
    expect(error).toMatchObject({ hint: 'it has "default", "prod"' });
  });

  it("does not quote a file that it cannot parse", async () => {
    await mkdir(join(homeDir, ".osc"));
    await writeFile(join(homeDir, ".osc", "config.json"), '{"secret_key": unmasked}');
    const error = await resolve({ profile: "ci" }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AuthError);
    expect(messageOf(error)).not.toContain("unmasked");
  });
});

describe("resolveRegion()", () => {
  it("needs no keys", async () => {
    await writeProfiles({ ci: { region: "us-east-2" } });
    expect(resolveRegion({ profile: "ci" }, {}, homeDir)).toBe("us-east-2");
    expect(resolveRegion({ region: "us-west-1" }, { OSC_REGION: "us-east-2" }, homeDir)).toBe("us-west-1");
    expect(resolveRegion({}, { OUTSCALE_REGION: "ap-northeast-1" }, homeDir)).toBe("ap-northeast-1");
    expect(resolveRegion({}, {}, homeDir)).toBe("eu-west-2");
  });
});
