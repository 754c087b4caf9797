import type { Connection } from "../builder/clean-up-runs.ts";
import type { RunHeader } from "../builder/journal.ts";
import type { DebugLog } from "../common/log.ts";
import { resolveAccess, type TemplateAccess } from "../outscale/credentials.ts";
import { BUILDER_TYPE } from "./builder-type.ts";
import { loadBuilds } from "./load-builds.ts";
import { openLocalSession } from "./local-session.ts";
import { prepareBuilds } from "./prepare-builds.ts";
import { dataReader } from "./read-data-source.ts";

export interface ConnectFlags {
  readonly profile: string | undefined;
  readonly template: string | undefined;
  readonly var: readonly string[];
  readonly "var-file": readonly string[];
}

/**
 * The way back to the account of a run, from its template, a profile (the run's own when nothing else is given) or the
 * environment, in the region and at the endpoint of the run. The embedded cloud of a `--local` run is started again.
 * @throws {AuthError} when there are no credentials
 */
export async function connectToRun(
  header: RunHeader,
  flags: ConnectFlags,
  env: NodeJS.ProcessEnv,
  log: DebugLog,
): Promise<Connection> {
  if (header.localCloud !== null) {
    const local = await openLocalSession(env, header.localCloud, log);
    const { access } = await resolveAccess({ template: {}, env: local.env });
    return { access, close: async () => local[Symbol.asyncDispose]() };
  }
  const template = flags.template === undefined ? {} : await templateAccess(flags.template, flags, env);
  const place = { region: header.region, customEndpointOapi: header.endpoint };
  const profile = flags.profile ?? (flags.template === undefined && !env.OSC_ACCESS_KEY ? header.profile : null);
  const { access } = await resolveAccess({ template: { ...template, ...(profile && { profile }), ...place }, env });
  return { access, close: async () => undefined };
}

/** What a template says about access; its first build of ours speaks for all. */
async function templateAccess(path: string, flags: ConnectFlags, env: NodeJS.ProcessEnv): Promise<TemplateAccess> {
  const all = { ...flags, only: [], except: [], "warn-on-undeclared-var": undefined };
  const { builds } = await loadBuilds(path, all, env, dataReader({ env }));
  const settings = { debug: false, force: false, onError: "cleanup", bootTest: false, override: {} };
  const ours = builds.filter(({ type }) => type === BUILDER_TYPE).slice(0, 1);
  const [build] = prepareBuilds(ours, { ...settings, builder: { env, templatePath: path } });
  return build?.prepared.config ?? {};
}
