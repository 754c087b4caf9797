import { searchOmi } from "../builder/steps/source-omi-info.ts";
import { ConfigError, UsageError } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { checkOptions } from "../config/check-options.ts";
import { type HclShapes, hclShapes } from "../config/hcl-shape.ts";
import { accessOptions } from "../config/options/access.ts";
import { renderOptions } from "../config/render-options.ts";
import { Findings } from "../config/rules/findings.ts";
import { readSourceFilter, type SourceFilter } from "../config/source-filter.ts";
import { unknownOption } from "../config/unknown-option.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { readAccountId } from "../outscale/account-id.ts";
import type { Api } from "../outscale/api.ts";
import type { TemplateAccess } from "../outscale/credentials.ts";
import type { Image } from "../outscale/oapi.ts";
import type { LoadOptions } from "../template/load-template.ts";
import { type AccountOptions, openAccount } from "./open-account.ts";

type ReadData = NonNullable<LoadOptions["readData"]>;

/** The data source of the original. The template language knows `null` by itself. */
export const OMI_DATA_SOURCE = "outscale-omi";

const FILTER_BLOCK = "source_omi_filter";
const filterShape = hclShapes[FILTER_BLOCK];
/** How the options of the data source are written: those of `source_omi_filter`, and those of access. */
export const omiDataShape: HclShapes = filterShape?.kind === "block" ? filterShape.body : {};

export interface DataReaderOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log?: DebugLog;
  /** Wins over the options of the template: the local cloud's. */
  readonly override?: RawConfig;
  readonly signal?: AbortSignal;
  readonly onRetry?: AccountOptions["onRetry"];
  readonly onNotice?: AccountOptions["onNotice"];
}

/** Reads data sources from the account. What they say of access counts, as it does for a source. */
export function dataReader({
  env,
  log = noLog,
  override = {},
  signal,
  onRetry,
  onNotice,
}: DataReaderOptions): ReadData {
  return async (type, config) => {
    if (type !== OMI_DATA_SOURCE) throw new UsageError(`There is no data source "${type}"`);
    const { filter, access } = readOptions(config, override);
    await using account = await openAccount(access, { env, log, onRetry, onNotice });
    return describeImage(await search(account.api, filter, signal));
  };
}

async function search(api: Api, filter: SourceFilter, signal: AbortSignal | undefined): Promise<Image> {
  const cloud = { api, signal: signal ?? new AbortController().signal };
  const ownAccountId = filter.owners.self ? await readAccountId(api, { signal: cloud.signal }) : "";
  try {
    return await searchOmi(cloud, { sourceOmi: undefined, filter, ownAccountId });
  } catch (error) {
    throw error instanceof ConfigError ? inOwnWords(error) : error;
  }
}

interface OmiDataOptions {
  readonly filter: SourceFilter;
  readonly access: TemplateAccess;
}

/**
 * @param override Of a build: it has options that a data source has not
 * @throws {ConfigError} with every problem at once
 */
function readOptions(config: RawConfig, override: RawConfig): OmiDataOptions {
  const isAccess = (name: string) => Object.hasOwn(accessOptions, name);
  const known = { ...accessOptions, ...omiDataShape };
  const unknown = Object.keys(config).filter((name) => !Object.hasOwn(known, name) && !name.startsWith("packer_"));
  const entries = Object.entries({ ...config, ...override }).filter(([name]) => Object.hasOwn(known, name));
  const rendered = renderOptions(
    {
      ...Object.fromEntries(entries.filter(([name]) => isAccess(name))),
      [FILTER_BLOCK]: Object.fromEntries(entries.filter(([name]) => !isAccess(name))),
    },
    {},
  );
  const { options, problems } = checkOptions(rendered.raw);
  const findings = new Findings([...rendered.problems, ...problems]);
  const block = options.source_omi_filter ?? { filters: {}, filter: [], owners: [], most_recent: false };
  const filter = readSourceFilter(block, false, findings);
  const own = inOwnWords(new ConfigError([...unknown.map((name) => unknownOption(name, known)), ...findings.problems]));
  if (own.problems.length > 0) throw own;
  const access = {
    accessKey: options.access_key,
    secretKey: options.secret_key,
    region: options.region,
    profile: options.profile,
    customEndpointOapi: options.custom_endpoint_oapi,
    insecureSkipTlsVerify: options.insecure_skip_tls_verify,
    x509CertPath: options.x509_cert_path,
    x509KeyPath: options.x509_key_path,
  };
  return { filter, access };
}

/** A data source has no block around its filters. */
function inOwnWords({ problems, hint, resourceId }: ConfigError): ConfigError {
  const own = problems.map((problem) => ({
    ...problem,
    option: problem.option === FILTER_BLOCK ? "filters" : problem.option.replace(`${FILTER_BLOCK}.`, ""),
    hint: problem.hint ?? hint,
  }));
  return new ConfigError(own, { hint, resourceId });
}

/** What `data.outscale-omi.NAME` has, in the original's names and forms. */
function describeImage(image: Image): RawConfig {
  return {
    id: image.ImageId,
    name: image.ImageName,
    creation_date: image.CreationDate,
    owner: image.AccountId,
    owner_name: image.AccountAlias ?? "",
    tags: Object.fromEntries((image.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
  };
}
