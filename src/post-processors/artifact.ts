/** What a build made, as post-processors see it. */
export interface Artifact {
  /** Who made it: `oapi.outscale.chroot`. */
  readonly builderId: string;
  /** `REGION:OMI_ID` */
  readonly id: string;
  /** Files on this machine; an OMI has none. */
  readonly files: readonly string[];
  /** The text for people. */
  string(): string;
  /** Data under a name; `generated_data` has the build's `build.*` values. */
  state(name: string): unknown;
  /** It was there before the build, which found it unchanged: it is never destroyed. */
  readonly isReused?: boolean;
  /**
   * Deletes it: the OMI and its own snapshots, or files.
   * @param made Files that have been made of it: what they lie in stays
   */
  destroy(made?: readonly string[]): Promise<void>;
}
