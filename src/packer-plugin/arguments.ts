import { DEFAULT_COMPONENT } from "../plugin-install/plugin-name.ts";

/** What Packer, or a person, wants of the plugin's program. */
export type PluginTask =
  | { readonly kind: "describe" }
  /** @param form How Packer found the program, which says how to shake hands */
  | { readonly kind: "serve"; readonly form: "bare" | "named"; readonly usesProtobuf: boolean }
  | { readonly kind: "unknown"; readonly reason: string };

/** Every name under which the one builder may be asked for. */
const BUILDERS = [DEFAULT_COMPONENT, "chroot", "outscale-chroot"];

/**
 * Reads the program's arguments: `describe`, `start builder NAME`, or none for a file called `packer-builder-NAME`.
 * `--protobuf` may stand anywhere; the default component begins with a dash, and is no flag.
 */
export function readTask(argv: readonly string[]): PluginTask {
  const usesProtobuf = argv.includes("--protobuf");
  const [command, kind, name, ...others] = argv.filter((word) => word !== "--protobuf");
  if (command === undefined) return { kind: "serve", form: "bare", usesProtobuf };
  if (command === "describe" && kind === undefined) return { kind: "describe" };
  if (command !== "start" || others.length > 0)
    return { kind: "unknown", reason: `Unknown arguments: ${argv.join(" ")}` };
  if (kind !== "builder")
    return { kind: "unknown", reason: `There is no ${kind ?? "component"} in this plugin, only a builder` };
  if (name === undefined || !BUILDERS.includes(name)) {
    return { kind: "unknown", reason: `There is no builder "${name ?? ""}" in this plugin` };
  }
  return { kind: "serve", form: "named", usesProtobuf };
}
