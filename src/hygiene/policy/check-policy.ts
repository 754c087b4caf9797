import { toText } from "../../chroot/openat.ts";
import { ImageReader } from "../../evidence/image-reader.ts";
import { isSetId, type Tree, type TreeEntry } from "../../evidence/tree/tree-entry.ts";
import { walkTree } from "../../evidence/tree/walk-tree.ts";
import { findMachineIds, findPasswords } from "./account-rules.ts";
import { AllowList } from "./allow-list.ts";
import { ContentSearch, type SearchInput } from "./content-rules.ts";
import type { PolicyFinding, PolicyResult } from "./finding.ts";
import { brokenByPath } from "./path-rules.ts";

/** A mounted image. */
export interface PolicyPlace {
  /** Where its root is in our own view of the file system. */
  readonly root: string;
  /** Where in it something is mounted that is not the image's: `/proc`. */
  readonly foreignMounts: readonly string[];
}

export interface CheckPolicyInput extends PolicyPlace, SearchInput {
  /** What `listSetIds()` has told of the image before; undefined when there was none. */
  readonly setIdsBefore: readonly string[] | undefined;
  /** `RULE` or `RULE:PATH`. */
  readonly allow: readonly string[];
}

/** So many of one rule are told one by one. */
const MOST_OF_A_RULE = 200;

/** The set-ID files of an image with their modes and owners, for a comparison later. */
export function listSetIds({ root, foreignMounts }: PolicyPlace): readonly string[] {
  return setIdsIn(walkTree({ root, skip: new Set(foreignMounts) }).tree).map(({ key }) => key);
}

/** Looks for what an image that others get should not have. Nothing of it is run or changed. */
export function checkPolicy(input: CheckPolicyInput): PolicyResult {
  const { root, foreignMounts, setIdsBefore, allow } = input;
  const image = new ImageReader(root);
  const { tree, notes } = walkTree({ root, skip: new Set(foreignMounts) });
  const search = new ContentSearch(image, input);
  const found = new FoundFindings(new AllowList(allow));
  for (const finding of [...findPasswords(image), ...findMachineIds(image)]) found.add(finding);
  for (const finding of newSetIds(tree, setIdsBefore)) found.add(finding);
  for (const [bytes, entry] of tree) {
    const path = toText(bytes);
    if (foreignMounts.includes(path)) continue; // what is mounted there is none of the image's
    for (const rule of brokenByPath(path, entry)) found.add({ rule, path });
    for (const finding of search.look(path, entry)) found.add(finding);
  }
  return { ...found.result(), notes: [...notes, ...search.notes, ...found.notes] };
}

function newSetIds(tree: Tree, before: readonly string[] | undefined): readonly PolicyFinding[] {
  if (before === undefined) return []; // from scratch: all of it is the build's
  const known = new Set(before);
  const added = setIdsIn(tree).filter(({ key }) => !known.has(key));
  return added.map(({ path, entry }) => ({ rule: "set-id", path, detail: modeAndOwner(entry) }));
}

function setIdsIn(tree: Tree): { readonly key: string; readonly path: string; readonly entry: TreeEntry }[] {
  return [...tree].flatMap(([bytes, entry]) => {
    if (!isSetId(entry)) return [];
    const path = toText(bytes);
    return { key: `${path} ${modeAndOwner(entry)}`, path, entry };
  });
}

function modeAndOwner({ mode, uid, gid }: TreeEntry): string {
  return `${mode.toString(8)} ${uid}:${gid}`;
}

/** Findings without those that are allowed, and not more than anybody reads. */
class FoundFindings {
  readonly #allowList: AllowList;
  readonly #findings = new Map<PolicyFinding["rule"], PolicyFinding[]>();
  readonly #leftOut = new Map<PolicyFinding["rule"], number>();
  #allowed = 0;

  constructor(allowList: AllowList) {
    this.#allowList = allowList;
  }

  add(finding: PolicyFinding): void {
    if (this.#allowList.allows(finding)) {
      this.#allowed += 1;
      return;
    }
    const { rule } = finding;
    const own = this.#findings.get(rule) ?? [];
    if (own.length < MOST_OF_A_RULE) this.#findings.set(rule, [...own, finding]);
    else this.#leftOut.set(rule, (this.#leftOut.get(rule) ?? 0) + 1);
  }

  get notes(): readonly string[] {
    return [...this.#leftOut].map(([rule, count]) => `${count} more findings of ${rule} are not listed`);
  }

  result(): { readonly findings: readonly PolicyFinding[]; readonly allowed: number } {
    const all = [...this.#findings.values()].flatMap((own) => own.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
    return {
      findings: all.toSorted((a, b) => (a.rule < b.rule ? -1 : Number(a.rule > b.rule))),
      allowed: this.#allowed,
    };
  }
}
