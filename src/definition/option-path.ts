/**
 * The path of an option, then those of what it is in, from the inside out: `disks[0].size`, `disks[0]`, `disks`. Keys of
 * maps may have dots and brackets of their own, so what stands between two is not always a path of anything.
 */
export function* pathsAround(optionPath: string): Iterable<string> {
  let path = optionPath;
  while (path !== "") {
    yield path;
    path = path.slice(0, Math.max(path.lastIndexOf("."), path.lastIndexOf("["), 0));
  }
}
