import { holdsUnknown, isRawMap, type RawConfig, type RawValue } from "../definition/raw-value.ts";
import { ProtocolError } from "./protocol-error.ts";
import { fieldsOf, isFields } from "./rpc/fields.ts";

/** The options of a build as the engine takes them, later ones winning. */
export interface Configuration {
  readonly raws: readonly RawConfig[];
  /** Options whose values are not known before the template's data sources are read. */
  readonly unknown: ReadonlySet<string>;
}

/**
 * Reads what Packer sends to `Builder.Prepare`: maps, and for an HCL2 template its options as JSON text with their types.
 * A JSON template's numbers are all floats, and nothing of it is rendered.
 * @throws {ProtocolError} for anything else
 */
export function readConfiguration(argument: unknown): Configuration {
  const { Configs } = fieldsOf(argument);
  if (!Array.isArray(Configs)) throw new ProtocolError("Packer sent no configuration");
  const raws = Configs.map((config) => withoutNulls(readConfig(config)));
  const options = raws.flatMap((raw) => Object.entries(raw));
  const unknown = new Set(options.filter(([, value]) => holdsUnknown(value)).map(([name]) => name));
  return { raws, unknown };
}

function readConfig(config: unknown): RawConfig {
  if (config === null || config === undefined) return {};
  const map = config instanceof Uint8Array || typeof config === "string" ? readJson(config) : config;
  const value = rawValue(map);
  if (isRawMap(value)) return value;
  throw new ProtocolError("Packer sent a configuration that holds no options");
}

/** HCL2: `{"value": ..., "type": ...}`; the types are those of our own spec. */
function readJson(config: Uint8Array | string): unknown {
  try {
    return fieldsOf(JSON.parse(typeof config === "string" ? config : Buffer.from(config).toString())).value;
  } catch (cause) {
    throw new ProtocolError("Packer sent options that cannot be read", { cause });
  }
}

/** What is null was not written; it must not hide what Packer itself says, such as `packer_build_name`. */
function withoutNulls(raw: RawConfig): RawConfig {
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));
}

function rawValue(value: unknown): RawValue {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(rawValue);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof Date) return value.toISOString();
  if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rawValue(item)]));
  throw new ProtocolError("Packer sent an option of an unknown kind");
}
