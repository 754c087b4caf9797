/** A mounted image, for somebody who looks at it and changes nothing. */
export interface InspectedImage {
  /** Where its root is in our own view of the file system. */
  readonly root: string;
  /** Where its own file systems are mounted, as paths in the image: `/`, `/boot`. */
  readonly mountPoints: readonly string[];
  /** The kernel's numbers of the mounts that show its own file systems, hidden or not. */
  readonly ownMounts: readonly number[];
  /** Where in it something else is mounted: `/proc`. */
  readonly foreignMounts: readonly string[];
  readonly isFromScratch: boolean;
  /** The user's wish to stop. */
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

/** Looks at the image of a build, on its own account: what it finds is no concern of the build. */
export interface ImageInspector {
  /** Everything is mounted, and no provisioner has run. */
  mounted(image: InspectedImage): Promise<void>;
  /** Its provisioners have run. */
  provisioned(image: InspectedImage): Promise<void>;
}
