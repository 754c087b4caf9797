import { homedir } from "node:os";
import { AuthError } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import type { Access, ClientCertificate } from "./access.ts";
import { certificateOfBase64, certificateOfFiles } from "./client-certificate.ts";
import { parseEndpoint, parseStorageEndpoint, regionEndpoint, regionOfEndpoint } from "./endpoint.ts";
import { type Profile, profilePath, readProfile } from "./profile.ts";

/** What a template, or an option of the command line in its place, says about access. */
export interface TemplateAccess {
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly region?: string | undefined;
  readonly customEndpointOapi?: string | undefined;
  readonly x509CertPath?: string | undefined;
  readonly x509KeyPath?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly profile?: string | undefined;
}

export interface AccessInput {
  readonly template: TemplateAccess;
  readonly env: NodeJS.ProcessEnv;
  /** Where `.osc/config.json` is looked for; by default the user's own. */
  readonly homeDir?: string | undefined;
}

export interface ResolvedAccess {
  readonly access: Access;
  /** What the user should know: deprecated variables that were used, settings that have no effect. */
  readonly notices: readonly string[];
}

const DEFAULT_REGION = "eu-west-2";

/**
 * Finds the credentials, the region and the endpoint, without the network.
 *
 * Field by field the first that is not empty wins: the template, the profile (read only when one is named), `OSC_*`,
 * the deprecated `OUTSCALE_*`, the default. Every credential met on the way is registered to be masked.
 *
 * @throws {AuthError} when the keys are missing or half there, or a profile or certificate cannot be read or used
 * @throws {ConfigError} when the endpoint is none
 */
export async function resolveAccess({ template, env, homeDir = homedir() }: AccessInput): Promise<ResolvedAccess> {
  requirePair("the template", { access_key: template.accessKey, secret_key: template.secretKey });
  const path = profilePath(env, homeDir);
  const name = profileName(template, env);
  const profile = name === undefined ? {} : readProfile(name, path);
  maskAll(template, profile, env);

  const notices: string[] = [];
  const sources = new Sources(env, notices);
  const accessKey = sources.first(template.accessKey, profile.access_key, "OSC_ACCESS_KEY");
  const secretKey = sources.first(template.secretKey, profile.secret_key, "OSC_SECRET_KEY");
  if (!accessKey || !secretKey)
    throw missingKeys({ accessKey, secretKey }, name === undefined ? undefined : { name, path });
  noticeProtocol(profile.protocol || env.OSC_PROTOCOL, notices);
  return {
    access: {
      ...resolvePlace(template, profile, sources, notices),
      ...resolveStorage(profile, sources),
      accessKey,
      secretKey,
      certificate: await resolveCertificate(template, profile, sources),
      insecureSkipTlsVerify:
        template.insecureSkipTlsVerify ??
        (profile.tls_skip_verify || /^(yes|true)$/i.test(env.OSC_TLS_SKIP_VERIFY ?? "")),
      profile: name,
    },
    notices,
  };
}

/**
 * The region that access resolves to, from the same sources in the same order, without asking for keys.
 *
 * @throws {AuthError} when a profile cannot be read
 */
export function resolveRegion(template: TemplateAccess, env: NodeJS.ProcessEnv, homeDir = homedir()): string {
  const name = profileName(template, env);
  const profile = name === undefined ? {} : readProfile(name, profilePath(env, homeDir));
  return resolvePlace(template, profile, new Sources(env, []), []).region;
}

/** The variables that the original plugin still reads, and what replaces them. */
const DEPRECATED: Readonly<Record<string, string>> = {
  OSC_ACCESS_KEY: "OUTSCALE_ACCESSKEYID",
  OSC_SECRET_KEY: "OUTSCALE_SECRETKEYID",
  OSC_REGION: "OUTSCALE_REGION",
  OSC_ENDPOINT_API: "OUTSCALE_OAPI_URL",
  OSC_X509_CLIENT_CERT: "OUTSCALE_X509CERT",
  OSC_X509_CLIENT_KEY: "OUTSCALE_X509KEY",
};

/** Looks one field up in the order of precedence. */
class Sources {
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly notices: string[],
  ) {}

  /** @param variable The variable that is read when neither template nor profile has the field. */
  first(template: string | undefined, profile: string | undefined, variable: string): string | undefined {
    const found = template || profile || this.env[variable];
    if (found) return found;
    const deprecated = DEPRECATED[variable];
    const value = deprecated && this.env[deprecated];
    if (value) this.notices.push(`The variable ${deprecated} is deprecated: use ${variable} instead`);
    return value || undefined;
  }
}

/**
 * The profile to read. As in the original the template names it; `OSC_PROFILE`, which the original ignores, counts when
 * neither template nor environment has a key.
 */
function profileName(template: TemplateAccess, env: NodeJS.ProcessEnv): string | undefined {
  if (template.profile) return template.profile;
  const hasKey = template.accessKey || env.OSC_ACCESS_KEY || env.OUTSCALE_ACCESSKEYID;
  return hasKey ? undefined : env.OSC_PROFILE || undefined;
}

/** Region and endpoint: each fills the other in when it is not given itself. */
function resolvePlace(template: TemplateAccess, profile: Profile, sources: Sources, notices: string[]) {
  const given = sources.first(template.customEndpointOapi, profile.endpoints?.api, "OSC_ENDPOINT_API");
  const isObsolete = given !== undefined && /^outscale\.com\b/.test(given);
  if (isObsolete) notices.push(`The endpoint "${given}" is of an older API: the region's own is used instead`);
  const custom = isObsolete ? undefined : given;
  const region =
    sources.first(template.region, profile.region, "OSC_REGION") ?? regionOfEndpoint(custom ?? "") ?? DEFAULT_REGION;
  if (custom === undefined) return { region, endpoint: regionEndpoint(region) };
  const endpointRegion = regionOfEndpoint(custom);
  if (endpointRegion !== undefined && endpointRegion !== region) {
    notices.push(
      `The region is ${region}, but the endpoint "${custom}" is that of ${endpointRegion}: one of them is wrong`,
    );
  }
  const { baseUrl, socketPath } = parseEndpoint(custom);
  return { region, endpoint: socketPath ? `unix:${socketPath}` : baseUrl };
}

/** The object storage, where it is not the region's own. */
function resolveStorage(profile: Profile, sources: Sources): Pick<Access, "storageEndpoint"> {
  const given = sources.first(undefined, profile.endpoints?.oos, "OSC_ENDPOINT_OOS");
  return given === undefined ? {} : { storageEndpoint: parseStorageEndpoint(given) };
}

/** The original always speaks https to the region's endpoint, whatever `protocol` says; so do we, and say it. */
function noticeProtocol(protocol: string | undefined, notices: string[]): void {
  if (!protocol || protocol === "https") return;
  notices.push(`The protocol "${protocol}" is not used: give a whole endpoint (http://HOST/api/v1) instead`);
}

/** The client certificate: files, or base64; the files win when both are given. */
async function resolveCertificate(
  template: TemplateAccess,
  profile: Profile,
  sources: Sources,
): Promise<ClientCertificate | undefined> {
  const cert = sources.first(template.x509CertPath, profile.x509_client_cert, "OSC_X509_CLIENT_CERT");
  const key = sources.first(template.x509KeyPath, profile.x509_client_key, "OSC_X509_CLIENT_KEY");
  requirePair("the client certificate", { x509_cert_path: cert, x509_key_path: key });
  if (cert && key) return certificateOfFiles({ cert, key });
  const cert64 = sources.first(undefined, profile.x509_client_cert_b64, "OSC_X509_CLIENT_CERT_B64");
  const key64 = sources.first(undefined, profile.x509_client_key_b64, "OSC_X509_CLIENT_KEY_B64");
  requirePair("the client certificate", { x509_client_cert_b64: cert64, x509_client_key_b64: key64 });
  return cert64 && key64 ? certificateOfBase64({ cert: cert64, key: key64 }) : undefined;
}

/** Registers what may never be shown, used or not: `login` and `password` are read for this alone. */
function maskAll(template: TemplateAccess, profile: Profile, env: NodeJS.ProcessEnv): void {
  const { access_key, secret_key, access_key_v2, secret_key_v2, login, password, x509_client_key_b64 } = profile;
  for (const value of [template.accessKey, template.secretKey, access_key, secret_key]) secrets.add(value);
  for (const value of [access_key_v2, secret_key_v2, login, password, x509_client_key_b64]) secrets.add(value);
  const variables = ["OSC_ACCESS_KEY", "OSC_SECRET_KEY", "OUTSCALE_ACCESSKEYID", "OUTSCALE_SECRETKEYID"];
  const others = ["OSC_ACCESS_KEY_V2", "OSC_SECRET_KEY_V2", "OSC_LOGIN", "OSC_PASSWORD", "OSC_X509_CLIENT_KEY_B64"];
  for (const name of [...variables, ...others]) secrets.add(env[name]);
}

/** Two values that only make sense together: both or neither. */
function requirePair(where: string, pair: Readonly<Record<string, string | undefined>>): void {
  const missing = Object.keys(pair).filter((name) => !pair[name]);
  const [present] = Object.keys(pair).filter((name) => pair[name]);
  if (!present || missing.length === 0) return;
  throw new AuthError(`Incomplete credentials: ${where} has ${present} but no ${missing[0]}`, {
    hint: `give both ${Object.keys(pair).join(" and ")}, or neither`,
  });
}

function missingKeys(
  keys: { accessKey: string | undefined; secretKey: string | undefined },
  profile: { name: string; path: string } | undefined,
): AuthError {
  const missing = [...(keys.accessKey ? [] : ["access key"]), ...(keys.secretKey ? [] : ["secret key"])].join(
    " and no ",
  );
  const looked = [
    "the template (access_key, secret_key)",
    profile ? `the profile "${profile.name}" of "${profile.path}"` : "no profile (none is named)",
    "the environment (OSC_ACCESS_KEY, OSC_SECRET_KEY; OUTSCALE_ACCESSKEYID, OUTSCALE_SECRETKEYID)",
  ];
  return new AuthError(`There is no ${missing}; looked in ${looked.join(", ")}`, {
    hint: "Export OSC_ACCESS_KEY and OSC_SECRET_KEY, name a profile, or build with --local, which needs no account",
  });
}
