import { startSandbox } from "../chroot/sandbox.ts";
import type { LookView } from "../host/mount-view.ts";
import { wrapRunner } from "../host/run-local-commands.ts";
import type { Build } from "./build.ts";
import type { OpenImage } from "./open-image.ts";
import { temporaryFoldersOf } from "./resources/temporary-folder.ts";
import type { Scope } from "./scope.ts";

/**
 * A view for mounts that last for a look at a file system. Nobody else sees them, whatever the isolation: they end with
 * us, however we end. The folder they are made in is in the journal.
 */
export async function withLookView<Result>(
  build: Build,
  { image, scope }: { readonly image: OpenImage; readonly scope: Scope },
  look: (view: LookView) => Promise<Result>,
): Promise<Result> {
  const folder = await temporaryFoldersOf(scope, build.signal)("outscale-chroot-look-");
  try {
    if (image.sandbox.isolation === "private") return await look({ ...image.view, lookFolder: folder.path });
    await using sandbox = await startSandbox({ isolation: "private", log: build.log });
    const runner = image.runner === image.sandbox ? sandbox : wrapRunner(sandbox, image.wrapCommand);
    return await look({ ...sandbox.view, runner, lookFolder: folder.path });
  } finally {
    await folder.remove();
  }
}
