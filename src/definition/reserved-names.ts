import { isRawList, isRawMap, type RawValue } from "./raw-value.ts";

/** Every object of JavaScript has something by this name: what reads maps into objects passes over an entry of that name. */
const RESERVED = "__proto__";

/**
 * The paths of entries of maps, at any depth, that would be lost without a word.
 * @param path Where the value itself stands
 */
export function reservedNames(value: RawValue, path: string): readonly string[] {
  if (isRawList(value)) return value.flatMap((item, index) => reservedNames(item, `${path}[${index}]`));
  if (!isRawMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const within = `${path}.${key}`;
    return key === RESERVED ? [within] : reservedNames(item, within);
  });
}

export const RESERVED_NAME_PROBLEM = "cannot be the name of an entry";
