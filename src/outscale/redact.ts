import type { ActionName } from "./oapi.ts";

const REDACTED = "<redacted>";
/** Fields whose value opens something, or may hold something that does. */
const SECRET_FIELD = /^(SecretKey|Password|Login|ApiKeyId|UserData|AdminPassword)$/;
/** A pre-signed URL opens what it names: only its address is shown. */
const SIGNED_URL = /^(https?:\/\/[^?]+)\?.*$/s;

/** A body as it may be logged: secrets and signed queries are replaced, of an account only its id stays. */
export function redactBody(action: ActionName, body: unknown): unknown {
  return redact(body, action === "ReadAccounts");
}

function redact(value: unknown, isPersonal: boolean): unknown {
  if (typeof value === "string") return value.replace(SIGNED_URL, `$1?${REDACTED}`);
  if (Array.isArray(value)) return value.map((item) => redact(item, isPersonal));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      SECRET_FIELD.test(key) || (isPersonal && isPersonalField(key)) ? REDACTED : redact(field, isPersonal),
    ]),
  );
}

/** What ReadAccounts answers is a person's name and address, but for these. */
function isPersonalField(key: string): boolean {
  return ![
    "Accounts",
    "AccountId",
    "ResponseContext",
    "RequestId",
    "Errors",
    "Code",
    "Type",
    "Details",
    "DryRun",
  ].includes(key);
}
