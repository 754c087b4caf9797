import type { Connection } from "../builder/clean-up-runs.ts";
import type { RunHeader } from "../builder/journal/entry.ts";
import type { Place } from "../builder/region-copy/place.ts";
import { accessToPlace } from "../builder/region-copy/place-access.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { resolveAccess, type TemplateAccess } from "../outscale/credentials.ts";
import { type OnNotice, tellNotices } from "../outscale/tell-notices.ts";
import { BUILDER_TYPE } from "./builder-type.ts";
import { loadBuilds } from "./load-builds.ts";
import { openLocalSession } from "./local-session.ts";
import { checkBuilds } from "./prepare-builds.ts";
import { dataReader } from "./read-data-source.ts";
import type { TemplateInput } from "./template-input.ts";

/** Where the credentials of a run's account come from, besides the environment. */
export interface ConnectInput {
  /** A profile that has them. */
  readonly profile?: string | undefined;
  /** A template that has them; its first build of ours speaks for all. */
  readonly template?: TemplateInput | undefined;
  /** `process.env` by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly log?: DebugLog | undefined;
  /** Told what the user should know of how the credentials were found: deprecated variables, settings without effect. */
  readonly onNotice?: OnNotice | undefined;
}

/**
 * The way back to the account of a run, from a template, a profile or the environment, in the region and at the endpoint of
 * the run. When neither is given, and the environment has no keys or says that its keys are another region's, the run's own
 * profile counts. The embedded cloud of a `--local` run is started again.
 * @throws {AuthError} when there are no credentials
 */
export async function connectToRun(header: RunHeader, input: ConnectInput = {}): Promise<Connection> {
  const { profile = null, template, env = process.env, log = noLog, onNotice } = input;
  if (header.localCloud !== null) {
    const local = await openLocalSession(env, header.localCloud, log);
    const access = tellNotices(await resolveAccess({ template: {}, env: local.env }), onNotice);
    const accessTo = (place: Place) => accessToPlace(place, local.env, onNotice);
    return { access, accessTo, close: async () => local[Symbol.asyncDispose]() };
  }
  const isNothingGiven = template === undefined && !mayHaveKeys(env, header.region);
  const named = profile ?? (isNothingGiven ? header.profile : null);
  const options: TemplateAccess = {
    ...(template && (await templateAccess(template, template.env ?? env))),
    ...(named !== null && { profile: named }),
    region: header.region,
    customEndpointOapi: header.endpoint,
  };
  const access = tellNotices(await resolveAccess({ template: options, env }), onNotice);
  return { access, accessTo: (place) => accessToPlace(place, env, onNotice), close: async () => undefined };
}

/** Whether the environment has keys that may be of a region: one without a region says nothing of it. */
function mayHaveKeys({ OSC_ACCESS_KEY, OSC_REGION }: NodeJS.ProcessEnv, region: string): boolean {
  return Boolean(OSC_ACCESS_KEY) && (OSC_REGION || region) === region;
}

async function templateAccess(input: TemplateInput, env: NodeJS.ProcessEnv): Promise<TemplateAccess> {
  const { builds } = await loadBuilds({ ...input, env }, dataReader({ env }));
  const ours = builds.filter(({ type }) => type === BUILDER_TYPE).slice(0, 1);
  const { prepared } = checkBuilds(ours, { builder: { env, templatePath: input.template } });
  return prepared[0]?.prepared.config ?? {};
}
