import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { resolve } from "node:path";
import { systemClock } from "../common/clock.ts";
import { noLog } from "../common/log.ts";
import type { PreparedConfig } from "../config/prepare-config.ts";
import { hostRunner } from "../host/run-command.ts";
import type { Access } from "../outscale/access.ts";
import { createApi } from "../outscale/client.ts";
import { resolveAccess } from "../outscale/credentials.ts";
import { unlimited } from "../outscale/rate-limiter.ts";
import { eachNoticeOnce, tellNotices } from "../outscale/tell-notices.ts";
import type { BuilderOptions, RunInput } from "./builder.ts";
import { CurrentStep } from "./current-step.ts";
import type { EventSink } from "./events.ts";
import { newRunId } from "./journal/run-id.ts";
import { KeptVolume } from "./kept-volume.ts";
import { accessToPlace } from "./region-copy/place-access.ts";
import { RegionClouds } from "./region-copy/region-clouds.ts";
import { resolveTargets } from "./resolve-targets.ts";
import type { Session } from "./session.ts";
import { StepCounter } from "./step-counter.ts";
import { tellCalls } from "./tell-calls.ts";
import { tellClockSkew } from "./tell-clock-skew.ts";
import { tellRetry } from "./tell-retry.ts";
import { tellWaits } from "./tell-waits.ts";

/** A session with the connections that live as long as it. */
export interface OpenSession extends AsyncDisposable {
  readonly session: Session;
  /** The way into the account and region of the build. */
  readonly access: Access;
}

const never = new AbortController().signal;

/**
 * Finds the credentials of every region that the build has to do with, and connects to them. Nothing is asked yet.
 * @throws {AuthError} where there are none
 */
export async function openSession(
  { config, renderContext }: PreparedConfig,
  { env = process.env, clock = systemClock, log = noLog, localCloud }: BuilderOptions,
  input: RunInput,
): Promise<OpenSession> {
  const { ui, signal = never, hurry = never } = input;
  const resumed = input.resumed?.record;
  const emit: EventSink = input.onEvent ?? (() => undefined);
  const currentStep = new CurrentStep();
  const onNotice = eachNoticeOnce((notice) => ui.warn(notice));
  const access = tellNotices(await resolveAccess({ template: config, env }), onNotice);
  const targets = await resolveTargets(config, env, onNotice);
  const everyAccess = [access, ...targets];
  // Every wait and release of every build of a program listens to them: no number of listeners is a mistake.
  setMaxListeners(0, signal, hurry);
  const api = createApi({
    access,
    clock,
    log: tellCalls(log, clock, emit),
    env,
    ...tellRetry({ ui, emit, clock }),
    onClockSkew: tellClockSkew(ui),
    ...(localCloud !== undefined && { limiter: unlimited }),
  });
  const regions = new RegionClouds({
    accessTo: async (place) => (place.region === access.region ? access : accessToPlace(place, env, onNotice)),
    ...{ stateFolder: config.stateFolder, polling: config.polling, timeouts: config.timeouts },
    ...{ ui, clock, log: tellCalls(log, clock, emit), env, emit },
    onEnd: tellWaits({ clock, emit, currentStep }),
  });
  const session: Session = {
    runId: resumed?.header.runId ?? newRunId(),
    runUuid: env.PACKER_RUN_UUID || randomUUID(),
    config,
    renderContext,
    credentials: everyAccess.map(({ secretKey }) => secretKey),
    accessKeys: everyAccess.flatMap(({ accessKey, secretKey }) => [accessKey, secretKey]),
    targets,
    api,
    regions,
    region: access.region,
    localCloud: localCloud === undefined ? undefined : resolve(localCloud),
    ui,
    emit,
    log,
    clock,
    signal,
    hurry,
    host: hostRunner(log),
    hook: input.hook,
    inspector: input.inspector,
    inputs: input.inputs,
    mayPublish: input.mayPublish,
    currentStep,
    stepCounter: new StepCounter({
      ...config,
      isInspected: input.inspector !== undefined,
      isResumed: resumed !== undefined,
    }),
    keptVolume: new KeptVolume({
      onError: config.packerOnError,
      isResumed: resumed !== undefined,
      canResume: input.origin !== undefined,
    }),
    resumed,
  };
  const close = async () => {
    try {
      await regions[Symbol.asyncDispose]();
    } finally {
      await api[Symbol.asyncDispose]();
    }
  };
  return { session, access, [Symbol.asyncDispose]: close };
}
