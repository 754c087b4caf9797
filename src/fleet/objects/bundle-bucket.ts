import { AuthError } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import { type ResolvedAccess, resolveAccess } from "../../outscale/credentials.ts";
import { createObjectStorage, type ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { type OnNotice, tellNotices } from "../../outscale/tell-notices.ts";

const ACCESS_KEY_VARIABLE = "OUTSCALE_CHROOT_BUNDLE_ACCESS_KEY";
const SECRET_KEY_VARIABLE = "OUTSCALE_CHROOT_BUNDLE_SECRET_KEY";

export interface BundleKeysInput {
  /** Of the queue: the bucket is there, too. */
  readonly region: string;
  /** A profile with the keys; without one, see {@link BundleBucket}. */
  readonly profile: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

export interface BundleBucketInput extends BundleKeysInput {
  readonly log: DebugLog;
  /** Told before a request that failed is sent again. */
  readonly onRetry: (message: string) => void;
  readonly onNotice: OnNotice;
}

/**
 * The object storage through which large files travel, with the keys of a profile, or those that are in the environment for it
 * alone, or else those for the cloud. Nothing is looked for before it is needed: most builds have no large files.
 */
export class BundleBucket implements AsyncDisposable {
  readonly #input: BundleBucketInput;
  #storage: Promise<ObjectStorage> | undefined;

  constructor(input: BundleBucketInput) {
    this.#input = input;
  }

  /** @throws {AuthError} when there are no keys, or they are another region's */
  storage(): Promise<ObjectStorage> {
    this.#storage ??= this.#open();
    return this.#storage;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const storage = await this.#storage?.catch(() => undefined);
    await storage?.[Symbol.asyncDispose]();
  }

  async #open(): Promise<ObjectStorage> {
    const { env, log, onRetry, onNotice } = this.#input;
    const access = tellNotices(await bundleAccess(this.#input), onNotice);
    return createObjectStorage({
      ...{ access, env, log },
      onRetry: ({ operation, attempt, attempts, reason }) =>
        onRetry(`${operation} failed and is tried again (${attempt} of ${attempts}): ${reason}`),
    });
  }
}

/** @throws {AuthError} */
export async function bundleAccess({ region, profile, env }: BundleKeysInput): Promise<ResolvedAccess> {
  const [accessKey, secretKey] = [env[ACCESS_KEY_VARIABLE], env[SECRET_KEY_VARIABLE]];
  if (profile === undefined && Boolean(accessKey) !== Boolean(secretKey)) {
    const [there, missing] = accessKey
      ? [ACCESS_KEY_VARIABLE, SECRET_KEY_VARIABLE]
      : [SECRET_KEY_VARIABLE, ACCESS_KEY_VARIABLE];
    throw new AuthError(`Incomplete credentials: there is ${there} but no ${missing}`, { hint: HOW });
  }
  const template = profile === undefined ? { accessKey, secretKey } : { profile };
  const resolved = await resolveAccess({ template, env: { ...env, OSC_REGION: env.OSC_REGION || region } }).catch(
    (cause: unknown) => {
      throw new AuthError("There are no keys for the bucket of the bundle", { cause, hint: HOW });
    },
  );
  const { access } = resolved;
  if (access.region === region) return resolved;
  throw new AuthError(`The keys for the bucket of the bundle are of ${access.region}, and the builds of ${region}`, {
    hint: "name a bucket in the region of the builds, and its keys: an access key is good in one region only",
  });
}

const HOW = `name a profile with -bundle-profile, or export ${ACCESS_KEY_VARIABLE} and ${SECRET_KEY_VARIABLE}`;
