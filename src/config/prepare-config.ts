import type { RawConfig } from "../template/definition.ts";
import type { BuildConfig, Isolation } from "./build-config.ts";
import type { Environment } from "./engine-settings.ts";

/** What a configuration depends on besides its options. */
export interface PrepareContext {
  /** Engine settings are read from here; `process.env` when absent. */
  readonly env?: Environment;
  /** `isolation` when the template does not say; `private` when absent. */
  readonly defaultIsolation?: Isolation;
  /** The region that credentials resolve to, to tell the own region of `omi_regions`; the template's when absent. */
  readonly resolveRegion?: (access: {
    readonly region: string | undefined;
    readonly profile: string | undefined;
  }) => string | undefined;
  /** The time of `{{timestamp}}` and `{{isotime}}`; the start of this process when absent. */
  readonly now?: Date;
}

export interface PreparedConfig {
  readonly config: BuildConfig;
  readonly warnings: readonly string[];
}
