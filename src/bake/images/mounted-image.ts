/** An image that is mounted for a look. */
export interface MountedImage {
  /** For people: `ami-1a2b3c4d (web)`, `web.qcow2`. */
  readonly name: string;
  /** Where its root is in our own view of the file system. */
  readonly root: string;
  readonly mountPoints: readonly string[];
  readonly foreignMounts: readonly string[];
}

/** Mounts an image, lets somebody look at it, and takes it down again. */
export type WithImage = (look: (image: MountedImage) => Promise<void>) => Promise<void>;
