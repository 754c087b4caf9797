import { basename, dirname, join } from "node:path";

/** Where a plugin's file keeps what V8 made of it: beside it, under a name with a dot, which no Packer takes for a plugin. */
export function compiledFolderOf(file: string): string {
  return join(dirname(file), `.${basename(file)}.compiled`);
}
