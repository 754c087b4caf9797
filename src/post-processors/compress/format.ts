/** How an archive is made: files put together, then compressed. */
export interface ArchiveFormat {
  /** Undefined for one file that is compressed as it is. */
  readonly archive: "tar" | "zip" | undefined;
  readonly algorithm: Algorithm | undefined;
}

export type Algorithm = "gzip" | "bgzf" | "bzip2" | "lz4" | "xz";

/** What nothing says otherwise of. */
const DEFAULT: ArchiveFormat = { archive: "tar", algorithm: "gzip" };

/** `bz2` is ours: Packer takes `.tar.bz2` for a name that says nothing, and writes gzip under it. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ["gz", "gzip"],
  ["bgzf", "bgzf"],
  ["bzip2", "bzip2"],
  ["bz2", "bzip2"],
  ["lz4", "lz4"],
  ["xz", "xz"],
]);

/** The values of `format` that mean something. */
export const FORMATS: readonly string[] = [
  "tar",
  "zip",
  ...ALGORITHMS.keys(),
  ...[...ALGORITHMS.keys()].map((name) => `tar.${name}`),
];

/**
 * What the end of a file's name asks for: `.tar.gz`, `.zip`, `.xz`. Any other name is one of a `tar.gz`.
 * @param output Before its `{{ }}` are rendered
 * @param format Goes before the name, as if it stood at its end
 */
export function archiveFormat(output: string, format = ""): ArchiveFormat {
  const name = format === "" ? output : `${output}.${format}`;
  const extensions = [...name.matchAll(/\.([a-z0-9]+)/g)].map(([, extension]) => extension ?? "");
  const [last = "", beforeLast] = extensions.reverse();
  if (last === "tar" || last === "zip") return { archive: last, algorithm: undefined };
  const algorithm = ALGORITHMS.get(last);
  if (algorithm === undefined) return DEFAULT;
  return { archive: beforeLast === "tar" ? "tar" : undefined, algorithm };
}
