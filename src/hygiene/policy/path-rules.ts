import type { PolicyRule } from "../../common/policy-rules.ts";
import type { TreeEntry } from "../../evidence/tree/tree-entry.ts";

/** Something in the tree that breaks a rule by where it is and what lstat(2) says. */
type PathRule = readonly [rule: PolicyRule, matches: (path: string, entry: TreeEntry) => boolean];

const HISTORY =
  /\/\.(?:(?:bash|ash|zsh|sh|ksh|python|mysql|psql|sqlite|node_repl|rediscli|irb|dash)_?history|lesshst|viminfo|histfile)$|\/\.local\/share\/fish\/fish_history$|\/\.local\/state\/(?:bash|zsh)\/history$/;
const CREDENTIALS =
  /\/\.(?:osc(?:_sdk)?\/config\.json|aws\/credentials|netrc|git-credentials|docker\/config\.json|kube\/config|pgpass|my\.cnf|vault-token|npmrc|pypirc|config\/(?:gcloud\/credentials\.db|rclone\/rclone\.conf|gh\/hosts\.yml))$/;
const HOST_KEY = /^\/etc\/(?:ssh\/ssh_host_[^/]*_key|dropbear\/dropbear_[^/]*_host_key)$/;
const CLOUD_INIT =
  /^\/var\/lib\/cloud\/(?:instances\/[^/]+|instance|seed\/[^/]+\/[^/]+|data\/(?:instance-id|previous-.*))$/;
const LOG = /^\/var\/log\//;
const NETWORK =
  /^\/(?:var\/lib\/(?:dhcp\/[^/]*\.leases|dhclient\/[^/]+|dhcpcd\/[^/]+|NetworkManager\/(?:[^/]*\.lease|secret_key|seen-bssids|timestamps)|misc\/udhcpd\.leases)|var\/db\/dhcpcd\/[^/]+|etc\/udev\/rules\.d\/7\d-persistent-(?:net|cd)\.rules)$/;
const SEED = /^\/var\/lib\/(?:systemd\/(?:random-seed|credential\.secret)|urandom\/random-seed|seedrng\/[^/]+)$/;

const isFull = ({ type, size }: TreeEntry) => type === "file" && size > 0;

const pathRules: readonly PathRule[] = [
  ["shell-history", (path, entry) => isFull(entry) && HISTORY.test(path)],
  ["credentials", (path, entry) => isFull(entry) && CREDENTIALS.test(path)],
  ["host-key", (path, entry) => isFull(entry) && HOST_KEY.test(path)],
  ["cloud-init-state", (path) => CLOUD_INIT.test(path)],
  ["log", (path, entry) => isFull(entry) && LOG.test(path)],
  ["network-state", (path, entry) => isFull(entry) && NETWORK.test(path)],
  ["random-seed", (path, entry) => isFull(entry) && SEED.test(path)],
  ["world-writable", (_path, entry) => isWorldWritable(entry)],
];

/** The rules that an entry breaks, whatever is in it. */
export function brokenByPath(path: string, entry: TreeEntry): readonly PolicyRule[] {
  return pathRules.flatMap(([rule, matches]) => (matches(path, entry) ? rule : []));
}

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/** A folder such as `/tmp`, in which nobody can remove what is another's, is meant to be so. */
function isWorldWritable({ type, mode }: TreeEntry): boolean {
  if ((mode & OTHERS_WRITE) === 0) return false;
  return type === "file" || (type === "folder" && (mode & STICKY) === 0);
}
