import { mkdir } from "node:fs/promises";
import { z } from "zod";
import { type MakeTemporaryFolder, removeTemporaryFolder, temporaryPath } from "../../host/temporary-folder.ts";
import { absolutePath } from "../journal/absolute-path.ts";
import { noFacts, type ResourceKind } from "../resource-kind.ts";
import type { Scope } from "../scope.ts";

/** A folder of this machine for scripts and the like, which may have secrets in them. */
const intent = z.strictObject({ path: absolutePath });

export const temporaryFolderKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "temporary-folder",
  intent,
  facts: noFacts,
  isOfMachine: true,
  releaseLabel: (id) => `Removing the temporary folder ${id}`,
  find: async (_context, { path }) => path,
  release: async (_context, { intent: { path } }) => removeTemporaryFolder(path),
};

/**
 * Makes temporary folders that a scope holds.
 * @param signal Nothing is made once it has fired: not the build's, where something may follow its cancellation
 */
export function temporaryFoldersOf(scope: Scope, signal: AbortSignal): MakeTemporaryFolder {
  return async (prefix) => {
    const path = await temporaryPath(prefix);
    const make = async () => {
      await mkdir(path, { mode: 0o700 });
      return path;
    };
    const lease = await scope.acquire(temporaryFolderKind, { path }, make, signal);
    return { path, remove: () => lease.release(), keep: () => lease.keep() };
  };
}
