import { randomBytes, randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { secrets } from "../common/secrets.ts";
import { writeWholeFile } from "./folder/durable-files.ts";
import { KEYS_FILE } from "./folder/state-folder.ts";

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

  /** Reads the accounts of a state folder, or makes them. The file is readable by its owner alone. */
  static async open(folder: string, createdAt: string): Promise<Accounts> {
    const path = join(folder, KEYS_FILE);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (text !== undefined) return new Accounts(z.array(AccountSchema).parse(JSON.parse(text)));
    const accounts = [
      newAccount("builder", createdAt),
      newAccount("other", createdAt),
      { ...newAccount("outscale", createdAt), alias: "Outscale" },
    ];
    await writeWholeFile(path, `${JSON.stringify(accounts, null, 2)}\n`);
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
