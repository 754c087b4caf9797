import { basename } from "node:path";
import { version } from "../common/version.ts";

/** The plugin's own name, and the one under which it stands in for the official plugin. */
export type PluginName = "outscale-chroot" | "outscale";
export const pluginNames: readonly PluginName[] = ["outscale-chroot", "outscale"];

/** The component that has the plugin's own name. @see hashicorp/packer-plugin-sdk, plugin/set.go */
export const DEFAULT_COMPONENT = "-packer-default-plugin-name-";

/** The interface between Packer and its plugins that this one speaks. */
export const API_VERSION = "x5.0";
/** The SDK that is spoken like; no code of it is here. */
const SDK_VERSION = "0.6.10";

/** What the file of a plugin is called says what it is: Packer compares the two. */
export interface PluginIdentity {
  readonly name: PluginName;
  /** Without `v`. */
  readonly version: string;
}

const VERSIONED_FILE = /^packer-plugin-(outscale(?:-chroot)?)(?:_v(\d+\.\d+\.\d+(?:-dev)?)_x5\.0_.*)?$/;

/** Reads a plugin's identity off its file's name; any other name is the plugin's own. */
export function identityOf(path: string): PluginIdentity {
  const [, name, named] = VERSIONED_FILE.exec(basename(path)) ?? [];
  return { name: name === "outscale" ? name : "outscale-chroot", version: named ?? version };
}

/** The builders of a plugin: its type is the plugin's name, a dash and the component, or the name alone by default. */
function componentOf(name: PluginName): string {
  return name === "outscale" ? "chroot" : DEFAULT_COMPONENT;
}

/** What `describe` prints: one JSON object. */
export function describePlugin({ name, version }: PluginIdentity): string {
  return JSON.stringify({
    version,
    sdk_version: SDK_VERSION,
    api_version: API_VERSION,
    builders: [componentOf(name)],
    post_processors: [],
    provisioners: [],
    datasources: [],
    protocol_version: "v2",
  });
}
