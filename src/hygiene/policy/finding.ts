import { type PolicyRule, policyRules } from "../../common/policy-rules.ts";

/** Something that an image which others get should not have. */
export interface PolicyFinding {
  readonly rule: PolicyRule;
  /** In the image; of a user, `/etc/shadow#NAME`. */
  readonly path: string;
  /** What is wrong with it, where the rule alone does not say. */
  readonly detail?: string | undefined;
}

export interface PolicyResult {
  /** By rule, then by path. */
  readonly findings: readonly PolicyFinding[];
  /** So many more were found, and are allowed. */
  readonly allowed: number;
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

interface RuleText {
  readonly why: string;
  /** What the user can do. */
  readonly hint: string;
}

const CLEANED = "generalise = true removes it";

/** What each rule is about, for people. */
const ruleTexts: Readonly<Record<PolicyRule, RuleText>> = {
  "access-key": {
    why: "it contains the access key of this build: everybody who has the OMI has the account",
    hint: "remove it, and make a new key if the OMI was shared",
  },
  "authorized-keys": {
    why: "everybody who has the private key can log in to every VM of this OMI",
    hint: "leave it to cloud-init, which puts the key pair of a VM there",
  },
  "cloud-init-state": {
    why: "cloud-init has run in this image, and may take the next VM for the same one",
    hint: CLEANED,
  },
  credentials: { why: "programs keep passwords and tokens in it", hint: "remove it in the last provisioner" },
  "host-key": {
    why: "every VM of this OMI has the same one, so everybody who has the OMI can pass for any of them",
    hint: `${CLEANED} where something makes a new one`,
  },
  log: {
    why: "it shows what the build did, and perhaps what the source did before",
    hint: "generalise = true empties it",
  },
  "machine-id": {
    why: "every VM of this OMI has the same one: DHCP, journals and licences take them for one",
    hint: "generalise = true empties it, and systemd makes a new one",
  },
  "network-state": { why: "it belongs to the network of another machine", hint: CLEANED },
  password: { why: "it is the same in every VM of this OMI", hint: "lock it: passwd -l NAME" },
  "private-key": {
    why: "everybody who has the OMI has it",
    hint: "make it when the VM starts for the first time, or allow it by its path",
  },
  "random-seed": { why: "every VM of this OMI begins with the same randomness", hint: CLEANED },
  "set-id": {
    why: "the build has added a program that runs with the rights of its owner",
    hint: "chmod u-s,g-s, or allow it by its path",
  },
  "shell-history": { why: "it tells what was typed, passwords too", hint: CLEANED },
  "world-writable": {
    why: "every user of a VM can change it",
    hint: "chmod o-w, or a sticky bit for a folder that is meant for all",
  },
};

const MOST_PATHS = 5;

/** The name of a file is the image's word, and may have an escape sequence or a line break in it. */
function shown({ path, detail }: PolicyFinding): string {
  const name = /\p{Cc}/u.test(path) ? JSON.stringify(path) : path;
  return detail ? `${name} (${detail})` : name;
}

/** One line for each rule that was broken: what, where, why, what to do. */
export function describeFindings(findings: readonly PolicyFinding[]): readonly string[] {
  return policyRules.flatMap((rule) => {
    const own = findings.filter((finding) => finding.rule === rule);
    if (own.length === 0) return [];
    const { why, hint } = ruleTexts[rule];
    const places = own.slice(0, MOST_PATHS).map(shown).join(", ");
    const more = own.length > MOST_PATHS ? ` and ${own.length - MOST_PATHS} more` : "";
    return `${rule}: ${places}${more}: ${why} (${hint})`;
  });
}
