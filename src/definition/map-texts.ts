import { isRawList, isRawMap, type RawConfig, type RawValue } from "./raw-value.ts";

/** Gives a text for another. */
export type ChangeText = (text: string, path: readonly PropertyKey[]) => string;

/** Options with every text in them changed; the keys of maps are texts, the names of the options are not. */
export function mapTexts(options: RawConfig, change: ChangeText): RawConfig {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, mapValue(value, change, [name])]));
}

function mapValue(value: RawValue, change: ChangeText, path: readonly PropertyKey[]): RawValue {
  if (typeof value === "string") return change(value, path);
  if (isRawList(value)) return value.map((item, index) => mapValue(item, change, [...path, index]));
  if (!isRawMap(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const within = [...path, key];
    return [change(key, within), mapValue(item, change, within)] as const;
  });
  return Object.fromEntries(entries);
}
