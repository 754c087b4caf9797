/** How checkers say that a file system is newer than they are. They end as if it were broken. */
const SAID = [
  /has unsupported feature\(s\): *(.*\S)/, // e2fsck
  /Superblock has unknown compat\/rocompat\/incompat features (\S+?)\.?$/m, // xfs_repair
  /unsupported option features (\(\w+\))/, // btrfs check
];

/** The features, in a checker's words, that it is too old for; `undefined` when that is not what it says. */
export function findNewerFeature(output: string): string | undefined {
  return SAID.map((pattern) => pattern.exec(output)?.[1]).find((found) => found !== undefined);
}
