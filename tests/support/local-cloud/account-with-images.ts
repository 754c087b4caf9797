import { type LocalCloud, startLocalCloud } from "../../../src/local-cloud/start-local-cloud.ts";
import { signedCall } from "./signed-call.ts";

/** A cloud in memory, whose accounts have images to search and to be in the way of. */
export interface CloudWithImages {
  readonly cloud: LocalCloud;
  /** Credentials and endpoint of the builder's account. */
  readonly env: NodeJS.ProcessEnv;
  /** The id of a new image of 4 GiB. */
  addImage(role: Role, name: string, options?: { readonly isPublic?: boolean }): Promise<string>;
}

type Role = Parameters<LocalCloud["account"]>[0];

/** Starts a cloud without devices: nothing in it can be mounted, everything can be read. */
export async function startCloudWithImages(stateFolder: string): Promise<CloudWithImages> {
  const cloud = await startLocalCloud({ stateFolder, blocks: "memory" });
  const addImage = async (role: Role, name: string, { isPublic = false } = {}) => {
    const call = async (action: string, request: unknown) => {
      const { status, body } = await signedCall({ endpoint: cloud.endpoint, ...cloud.account(role) }, action, request);
      if (status !== 200) throw new Error(`${action} was refused: ${JSON.stringify(body)}`);
      await cloud.idle();
      return body;
    };
    const { Volume } = await call("CreateVolume", { SubregionName: "eu-west-2a", Size: 4, VolumeType: "gp2" });
    const { Snapshot } = await call("CreateSnapshot", { VolumeId: Volume.VolumeId });
    const Bsu = { SnapshotId: Snapshot.SnapshotId, VolumeSize: 4, VolumeType: "gp2", DeleteOnVmDeletion: true };
    const { Image } = await call("CreateImage", {
      ImageName: name,
      RootDeviceName: "/dev/sda1",
      BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Bsu }],
    });
    if (isPublic) {
      const PermissionsToLaunch = { Additions: { GlobalPermission: true } };
      await call("UpdateImage", { ImageId: Image.ImageId, PermissionsToLaunch });
    }
    return String(Image.ImageId);
  };
  return { cloud, env: { ...cloud.environment }, addImage };
}
