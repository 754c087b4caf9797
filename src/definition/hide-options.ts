import { HIDDEN } from "../common/secrets.ts";
import { isRawList, isRawMap, type RawConfig, type RawValue } from "./raw-value.ts";

/**
 * Options for people to look at: those at or below the paths that are sensitive are hidden, whatever they hold, and no
 * other is touched.
 * @param sensitive Paths such as `omi_name`, `tags.Name`, `disks[0].size`
 */
export function hideOptions(options: RawConfig, sensitive: ReadonlySet<string>): RawConfig {
  if (sensitive.size === 0) return options;
  const shown = Object.entries(options).map(([name, value]) => [name, hideAt(value, name, sensitive)] as const);
  return Object.fromEntries(shown);
}

function hideAt(value: RawValue, path: string, sensitive: ReadonlySet<string>): RawValue {
  if (sensitive.has(path)) return hidden(value);
  if (isRawList(value)) return value.map((item, index) => hideAt(item, `${path}[${index}]`, sensitive));
  if (!isRawMap(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, hideAt(item, `${path}.${key}`, sensitive)] as const);
  return Object.fromEntries(entries);
}

/** In the form of what is hidden: how long a list is, is no secret, but keys may be. */
function hidden(value: RawValue): RawValue {
  if (isRawList(value)) return value.map(hidden);
  return isRawMap(value) ? { [HIDDEN]: HIDDEN } : HIDDEN;
}
