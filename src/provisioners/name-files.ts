import type { LocalFile } from "./provisioner.ts";

type Rest = Partial<Pick<LocalFile, "use" | "isOptional">>;

/** The files that an option names: one, or those of a list. An empty text is none. */
export function nameFiles(option: string, value: string | readonly string[] | undefined, rest: Rest = {}): LocalFile[] {
  const { use = "read", isOptional = false } = rest;
  const paths = typeof value === "string" ? [value] : (value ?? []);
  return paths.flatMap((path, index) => {
    return path === "" ? [] : [{ option, index: typeof value === "string" ? undefined : index, path, use, isOptional }];
  });
}
