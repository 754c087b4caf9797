import type { OmiArtifact } from "../../builder/artifact.ts";
import { textOf } from "../rpc/fields.ts";
import type { RpcMethod } from "../rpc/server.ts";

/** The `Artifact` that Packer's post-processors get. */
export function artifactMethods(artifact: OmiArtifact): Readonly<Record<string, RpcMethod>> {
  return {
    BuilderId: () => artifact.builderId,
    Id: () => artifact.id,
    Files: () => artifact.files,
    String: () => artifact.string(),
    State: (name) => artifact.state(textOf(name)) ?? null,
    Destroy: async () => {
      await artifact.destroy();
    },
  };
}
