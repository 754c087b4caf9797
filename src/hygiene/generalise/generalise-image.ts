import { toBytes, toText } from "../../chroot/openat.ts";
import { findHostKeyMaker } from "./host-key-maker.ts";
import { ImageCleaner } from "./image-cleaner.ts";

export interface GeneraliseInput {
  /** Where the image's root is in our own view of the file system. */
  readonly root: string;
  /** The kernel's numbers of the mounts that show the image's own file systems: on these alone something is removed. */
  readonly ownMounts: readonly number[];
}

export interface GeneraliseResult {
  /** A line for each kind of thing that was removed: `SSH host keys: /etc/ssh/ssh_host_rsa_key and 5 more`. */
  readonly changes: readonly string[];
  /** What the user should know: something stays, or could not be removed. */
  readonly warnings: readonly string[];
}

/** One kind of thing that belongs to one machine. */
interface Kind {
  readonly name: string;
  /** @returns the paths that went or were emptied */
  clean(cleaner: ImageCleaner): readonly string[];
}

const HISTORY =
  /^\.(?:(?:bash|ash|zsh|sh|ksh|python|mysql|psql|sqlite|node_repl|rediscli|irb|dash)_?history|lesshst|viminfo|histfile)$/;
const NETWORK_MANAGER = /\.lease$|^(?:secret_key|seen-bssids|timestamps)$/;
const MOST_USERS = 10_000;
const ROTATED = /\.(?:gz|xz|bz2|zst|old|\d+)$|-\d{8}(?:\.\w+)?$/;

const kinds: readonly Kind[] = [
  { name: "machine id", clean: machineId },
  {
    name: "state of cloud-init",
    clean: (cleaner) =>
      removed(
        cleaner,
        ["instance", "instances", "data", "sem"].map((name) => `/var/lib/cloud/${name}`),
      ),
  },
  { name: "shell history", clean: shellHistory },
  {
    name: "random seeds",
    clean: (cleaner) =>
      removed(cleaner, [
        "/var/lib/systemd/random-seed",
        "/var/lib/systemd/credential.secret",
        "/var/lib/urandom/random-seed",
        "/var/lib/seedrng",
      ]),
  },
  { name: "network state", clean: networkState },
  { name: "temporary files", clean: temporaryFiles },
  { name: "logs", clean: logs },
];

/**
 * Removes from a mounted image what belongs to one machine, so that each of its VMs makes its own. Logs come last: what
 * cleans may write some.
 *
 * Keys and files of users (`authorized_keys`, credentials) stay: somebody may have put them there on purpose, and
 * `image_check` finds them.
 */
export function generaliseImage({ root, ownMounts }: GeneraliseInput): GeneraliseResult {
  const cleaner = new ImageCleaner(root, ownMounts);
  const hostKeys = cleanHostKeys(cleaner);
  const changes = kinds.flatMap(({ name, clean }) => describe(name, clean(cleaner)));
  const problems = cleaner.problems.map((problem) => `Could not be cleaned: ${problem}`);
  return { changes: [...hostKeys.changes, ...changes], warnings: [...hostKeys.warnings, ...problems.slice(0, 20)] };
}

function describe(name: string, paths: readonly string[]): readonly string[] {
  const [first, ...more] = paths;
  if (first === undefined) return [];
  const text = toText(first);
  const shown = /\p{Cc}/u.test(text) ? JSON.stringify(text) : text;
  return [`${name}: ${shown}${more.length > 0 ? ` and ${more.length} more` : ""}`];
}

function removed(cleaner: ImageCleaner, paths: readonly string[]): readonly string[] {
  return paths.filter((path) => cleaner.remove(path));
}

const HOST_KEY = /^(?:ssh_host_.*_key(?:\.pub)?|dropbear_.*_host_key)$/;

function cleanHostKeys(cleaner: ImageCleaner): GeneraliseResult {
  const { hasServer, maker } = findHostKeyMaker(cleaner.files);
  if (hasServer && maker === undefined) {
    const warning =
      "The SSH host keys stay: nothing was found in the image that would make new ones, and no VM of it could be reached " +
      "without. Install cloud-init, or a service that runs ssh-keygen -A before sshd";
    return { changes: [], warnings: [warning] };
  }
  const isKey = (name: string) => HOST_KEY.test(name);
  const paths = ["/etc/ssh", "/etc/dropbear"].flatMap((folder) => cleaner.removeIn(folder, isKey));
  const by = maker === undefined ? "" : ` (${maker} makes new ones)`;
  return { changes: describe("SSH host keys", paths).map((line) => `${line}${by}`), warnings: [] };
}

/** Empty, not gone: systemd cannot make the file on a root that is read-only at first. @see machine-id(5) */
function machineId(cleaner: ImageCleaner): readonly string[] {
  const emptied = ["/etc/machine-id"].filter((path) => cleaner.empty(path));
  // Debian has a link there, which stays.
  const copy = "/var/lib/dbus/machine-id";
  return [...emptied, ...(cleaner.kindOf(copy) === "file" ? removed(cleaner, [copy]) : [])];
}

function shellHistory(cleaner: ImageCleaner): readonly string[] {
  return homes(cleaner).flatMap((home) => [
    ...cleaner.removeIn(home, (name) => HISTORY.test(name)),
    ...removed(cleaner, [`${home}/.local/share/fish/fish_history`]),
  ]);
}

/** Root's, those in /home, and those of users who have theirs elsewhere. */
function homes(cleaner: ImageCleaner): readonly string[] {
  const inHome = cleaner.names("/home").map((name) => `/home/${name}`);
  const lines = passwdOf(cleaner).split("\n").slice(0, MOST_USERS);
  const named = lines.map((line) => line.split(":")[5] ?? "").filter((home) => /^\/[^/]/.test(home));
  return [...new Set(["/root", ...inHome, ...named.map(toBytes)])];
}

function passwdOf({ files }: ImageCleaner): string {
  try {
    return files.readText("/etc/passwd") ?? "";
  } catch {
    return "";
  }
}

function networkState(cleaner: ImageCleaner): readonly string[] {
  return [
    ...cleaner.removeIn("/var/lib/dhcp", (name) => name.includes(".leases")),
    ...["/var/lib/dhclient", "/var/lib/dhcpcd", "/var/db/dhcpcd"].flatMap((folder) => cleaner.removeIn(folder)),
    ...cleaner.removeIn("/var/lib/NetworkManager", (name) => NETWORK_MANAGER.test(name)),
    ...cleaner.removeIn("/etc/udev/rules.d", (name) => /^7\d-persistent-(?:net|cd)\.rules$/.test(name)),
  ];
}

function temporaryFiles(cleaner: ImageCleaner): readonly string[] {
  return ["/tmp", "/var/tmp"].flatMap((folder) => cleaner.removeIn(folder));
}

/** What programs write to goes on being there, with its owner; what was put aside goes. */
function logs(cleaner: ImageCleaner): readonly string[] {
  const journal = cleaner.removeIn("/var/log/journal");
  const files = cleaner.filesBelow("/var/log");
  return [...journal, ...files.filter((path) => (ROTATED.test(path) ? cleaner.remove(path) : cleaner.empty(path)))];
}
