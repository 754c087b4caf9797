import { randomBytes, randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { ignoreErrno } from "../common/errno.ts";
import { secrets } from "../common/secrets.ts";
import { KEYS_FILE, writeStateFile } from "./folder/state-folder.ts";
import { LocalCloudError } from "./local-cloud-error.ts";

const AccountSchema = z.object({
  /** What it is for; not known to the API. */
  role: z.enum(["builder", "other", "outscale"]),
  id: z.string(),
  /** Shown as AccountAlias on the images and snapshots it owns. */
  alias: z.string().optional(),
  accessKey: z.string(),
  secretKey: z.string(),
  login: z.string(),
  password: z.string(),
  createdAt: z.string(),
});

/** What an account signs with. */
export type Keys = Pick<Account, "accessKey" | "secretKey">;

/** What is asked for of some accounts. */
export type GivenAccounts = { readonly [Role in AccountRole]?: Keys & { readonly id?: string } };

/** Keys that are in the documentation, for a cloud whose clients are configured once and for all. They protect nothing. */
export const WELL_KNOWN_KEYS: Keys = {
  accessKey: "LOCALCLOUDACCESSKEY0",
  secretKey: "LOCALCLOUDSECRETKEY00000000000000000000A",
};

/** What fits into an Authorization header and cannot be guessed by length alone. */
const KEY_FORMS: Readonly<Record<keyof Keys, RegExp>> = {
  accessKey: /^[A-Za-z0-9_+=.-]{4,128}$/,
  secretKey: /^[!-~]{8,128}$/,
};

/** One account with its keys, which are drawn at random for each state folder. */
export type Account = z.infer<typeof AccountSchema>;
export type AccountRole = Account["role"];

/** The accounts of a cloud: the builder's own, an ordinary second one, and the owner of the public images. */
export class Accounts {
  readonly all: readonly Account[];

  constructor(all: readonly Account[]) {
    this.all = all;
    for (const { secretKey, password } of all) {
      secrets.add(secretKey);
      secrets.add(password);
    }
  }

  /**
   * Reads the accounts of a state folder, or makes them. The file is readable by its owner alone.
   * @param given Keys and ids of some of them, from now on
   */
  static async open(folder: string, createdAt: string, given: GivenAccounts = {}): Promise<Accounts> {
    const path = join(folder, KEYS_FILE);
    const text = await readFile(path, "utf8").catch(ignoreErrno("ENOENT"));
    const found = text === undefined ? newAccounts(createdAt) : parseAccounts(text);
    const accounts = found.map((account) => ({ ...account, ...given[account.role] }));
    checkKeys(accounts);
    const isNew = text === undefined || JSON.stringify(accounts) !== JSON.stringify(found);
    if (isNew) await writeStateFile(path, `${JSON.stringify(accounts, null, 2)}\n`);
    return new Accounts(accounts);
  }

  byRole(role: AccountRole): Account {
    const account = this.all.find((candidate) => candidate.role === role);
    if (!account) throw new Error(`The local cloud has no ${role} account`);
    return account;
  }

  byAccessKey(accessKey: string): Account | undefined {
    return this.all.find((account) => account.accessKey === accessKey);
  }

  aliasOf(accountId: string): string | undefined {
    return this.all.find(({ id }) => id === accountId)?.alias;
  }
}

/** @throws when a text is none of an `accounts.json` */
export function parseAccounts(text: string): Account[] {
  return z.array(AccountSchema).parse(JSON.parse(text));
}

function newAccounts(createdAt: string): Account[] {
  return [
    newAccount("builder", createdAt),
    newAccount("other", createdAt),
    { ...newAccount("outscale", createdAt), alias: "Outscale" },
  ];
}

/** @throws {LocalCloudError} when keys have a form that no signature can carry, or two accounts have the same */
function checkKeys(accounts: readonly Account[]): void {
  for (const { role, accessKey, secretKey } of accounts) {
    if (!KEY_FORMS.accessKey.test(accessKey)) {
      throw new LocalCloudError(`"${accessKey}" is not a valid access key: 4 to 128 letters, digits and _ + = . -`);
    }
    if (!KEY_FORMS.secretKey.test(secretKey)) {
      throw new LocalCloudError(
        `The secret key of the ${role} account is not valid: it has 8 to 128 printable characters`,
      );
    }
  }
  for (const field of ["accessKey", "id"] as const) {
    if (new Set(accounts.map((account) => account[field])).size === accounts.length) continue;
    throw new LocalCloudError(`Two accounts would have the same ${field === "id" ? "id" : "access key"}`);
  }
}

function newAccount(role: AccountRole, createdAt: string): Account {
  return {
    role,
    id: `${randomInt(1, 10)}${String(randomInt(0, 1e11)).padStart(11, "0")}`,
    accessKey: randomBytes(10).toString("hex").toUpperCase(),
    secretKey: randomBytes(20).toString("hex").toUpperCase(),
    login: `${role}@local-cloud.invalid`,
    password: randomBytes(12).toString("hex"),
    createdAt,
  };
}
