/** A device or file that a boot loader's configuration refers to. */
export interface BootReference {
  readonly kind: "root" | "filesystem" | "kernel" | "initrd";
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/**
 * Of a grub.cfg: file systems that it searches, kernels with their `root=`, initrds. Values with a variable (`$root`) are
 * left out, as only GRUB knows them.
 */
export function readGrubConfig(text: string): BootReference[] {
  return eachLine(text, (line) => {
    const [command = "", ...words] = line.split(/\s+/).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
    if (command === "search") return searched(words);
    if (command === "search.fs_uuid") return [["filesystem", `UUID=${words[0] ?? ""}`]];
    if (/^linux(16|efi)?$/.test(command)) return [["kernel", words[0] ?? ""], ...rootOf(words.slice(1))];
    if (/^initrd(16|efi)?$/.test(command)) return words.map((path) => ["initrd", path]);
    return [];
  });
}

/** Of an entry of the Boot Loader Specification: `/boot/loader/entries/NAME.conf`. */
export function readLoaderEntry(text: string): BootReference[] {
  return eachLine(text, (line) => {
    const [key = "", ...words] = line.split(/\s+/);
    if (key === "linux" || key === "efi") return [["kernel", words[0] ?? ""]];
    if (key === "initrd") return words.map((path) => ["initrd", path]);
    return key === "options" ? rootOf(words) : [];
  });
}

/**
 * Of an extlinux.conf or syslinux.cfg.
 * @param folder Where it lies: paths in it are relative to that
 */
export function readExtlinuxConfig(text: string, folder: string): BootReference[] {
  const absolute = (path: string) => (path.startsWith("/") ? path : `${folder}/${path}`);
  return eachLine(text, (line) => {
    const [key = "", ...words] = line.split(/\s+/);
    const keyword = key.toLowerCase();
    if (keyword === "linux" || keyword === "kernel") return [["kernel", absolute(words[0] ?? "")]];
    if (keyword === "initrd") return (words[0] ?? "").split(",").map((path) => ["initrd", absolute(path)]);
    if (keyword !== "append") return [];
    const initrds = words.filter((word) => word.startsWith("initrd=")).flatMap((word) => word.slice(7).split(","));
    return [...initrds.map((path): Pair => ["initrd", absolute(path)]), ...rootOf(words)];
  });
}

/** Of a kernel command line: `/etc/kernel/cmdline`, or `kernelopts=...` of a grubenv. */
export function readCommandLine(text: string): BootReference[] {
  return eachLine(text, (line) => rootOf(line.replace(/^kernelopts=/, "").split(/\s+/)));
}

type Pair = [kind: BootReference["kind"], value: string];

function eachLine(text: string, read: (line: string) => Pair[]): BootReference[] {
  return text.split("\n").flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return [];
    return read(trimmed)
      .filter(([, value]) => value !== "" && !value.includes("$"))
      .map(([kind, value]) => ({ kind, value, line: index + 1 }));
  });
}

function rootOf(words: readonly string[]): Pair[] {
  return words.filter((word) => word.startsWith("root=")).map((word): Pair => ["root", word.slice("root=".length)]);
}

/** `search --no-floppy --fs-uuid --set=root --hint=... UUID` */
function searched(words: readonly string[]): Pair[] {
  const name = words.filter((word) => !word.startsWith("-")).at(-1) ?? "";
  if (words.some((word) => word === "--fs-uuid" || word === "-u")) return [["filesystem", `UUID=${name}`]];
  if (words.some((word) => word === "--label" || word === "-l")) return [["filesystem", `LABEL=${name}`]];
  return [];
}
