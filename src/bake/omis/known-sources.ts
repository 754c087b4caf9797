import { readRecords } from "../../history/history-folder.ts";

/** What the records of this machine's runs say their OMIs were made of; nothing where they cannot be read. */
export function knownSources(stateFolder: string): ReadonlyMap<string, string> {
  try {
    const { records } = readRecords(stateFolder);
    return new Map(
      records.flatMap(({ product, source }) => (product && source ? [[product.imageId, source.imageId]] : [])),
    );
  } catch {
    return new Map();
  }
}
