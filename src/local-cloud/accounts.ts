import { randomBytes, randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { secrets } from "../common/secrets.ts";
import { writeWholeFile } from "./folder/durable-files.ts";
import { KEYS_FILE } from "./folder/state-folder.ts";
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
   * @param keys Of the builder's account, from now on
   */
  static async open(folder: string, createdAt: string, keys?: Keys): Promise<Accounts> {
    const path = join(folder, KEYS_FILE);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    const found = text === undefined ? newAccounts(createdAt) : parseAccounts(text);
    const accounts = keys === undefined ? found : withKeys(found, keys);
    const isNew = text === undefined || JSON.stringify(accounts) !== JSON.stringify(found);
    if (isNew) await writeWholeFile(path, `${JSON.stringify(accounts, null, 2)}\n`);
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

/** @throws {LocalCloudError} when the keys have a form that no signature can carry, or are another account's */
function withKeys(accounts: readonly Account[], { accessKey, secretKey }: Keys): Account[] {
  if (!KEY_FORMS.accessKey.test(accessKey)) {
    throw new LocalCloudError(`"${accessKey}" is no access key: 4 to 128 letters, digits and _ + = . -`);
  }
  if (!KEY_FORMS.secretKey.test(secretKey)) {
    throw new LocalCloudError("The secret key is none: 8 to 128 printable characters without spaces");
  }
  const taken = accounts.find((account) => account.accessKey === accessKey && account.role !== "builder");
  if (taken) throw new LocalCloudError(`"${accessKey}" is the access key of the ${taken.role} account`);
  return accounts.map((account) => (account.role === "builder" ? { ...account, accessKey, secretKey } : account));
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
