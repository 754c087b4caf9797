import { createHash, randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { FleetError, messageOf, UsageError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";

/** A secret that a fleet shares: who has it may have builds done. */
export interface FleetKey {
  /** Tells keys apart and nothing of them. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** The first seals; all open. */
export type FleetKeys = readonly [FleetKey, ...FleetKey[]];

const PREFIX = "fleet-key-1-";
const KEY_BYTES = 32;

const KEY_VARIABLE = "OUTSCALE_CHROOT_FLEET_KEY";
export const KEY_FILE_VARIABLE = "OUTSCALE_CHROOT_FLEET_KEY_FILE";

/** A new key as it is written down: one line. */
export function makeKeyText(): string {
  return PREFIX + randomBytes(KEY_BYTES).toString("base64url");
}

/**
 * Reads keys, one a line or with spaces between them; the first seals. `#` begins a comment.
 * @param place Where the text is from, for messages: they never have it in them
 * @throws {FleetError} when there is none, or something else
 */
export function parseKeys(text: string, place: string): FleetKeys {
  const words = text
    .split("\n")
    .flatMap((line) => line.replace(/#.*/, "").split(/[\s,]+/))
    .filter((word) => word !== "");
  const [first, ...others] = words.map((word, index) => parseKey(word, `key ${index + 1} of ${place}`));
  if (first === undefined) throw new FleetError(`There is no key in ${place}`, { hint: HOW });
  return [first, ...others];
}

const HOW = "make one with: outscale-chroot fleet key FILE";

function parseKey(text: string, place: string): FleetKey {
  secrets.add(text);
  const bytes = Buffer.from(text.slice(PREFIX.length), "base64url");
  const isKey = text.startsWith(PREFIX) && bytes.length === KEY_BYTES && PREFIX + bytes.toString("base64url") === text;
  if (!isKey) throw new FleetError(`The ${place} is no fleet key`, { hint: HOW });
  const id = createHash("sha256").update("id").update(bytes).digest("hex").slice(0, 8);
  return { id, bytes };
}

/**
 * The keys of the fleet: of the file that is named, or else those of the environment.
 * @throws {FleetError} when there is none, or others could read the file
 */
export function readKeys(file: string | undefined, env: NodeJS.ProcessEnv): FleetKeys {
  const named = file ?? (env[KEY_VARIABLE] ? undefined : env[KEY_FILE_VARIABLE]);
  if (named) return parseKeys(readKeyFile(named), `the file "${named}"`);
  const text = env[KEY_VARIABLE];
  if (text) return parseKeys(text, KEY_VARIABLE);
  const hint = `${HOW}; then give it to submitters and workers, by -key FILE, ${KEY_FILE_VARIABLE} or ${KEY_VARIABLE}`;
  throw new FleetError("There is no fleet key: jobs are sealed with it", { hint });
}

function readKeyFile(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw new UsageError(`Cannot read the fleet key: ${messageOf(error)}`, { hint: HOW });
  }
  try {
    const { mode, uid } = fstatSync(fd);
    if ((mode & 0o077) !== 0)
      throw new FleetError(`Others can read the fleet key "${path}"`, { hint: `chmod 600 ${path}` });
    if (uid !== 0 && uid !== process.geteuid?.())
      throw new FleetError(`The fleet key "${path}" belongs to another user, who could change it`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}
