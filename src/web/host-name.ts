import { UsageError } from "../common/errors.ts";

/**
 * A name by which browsers reach a server, as they send it: in small letters, and what is no ASCII as IDNA has it.
 * @throws {UsageError} when it is more than a name, or none: it would never be that of a request
 */
export function parseHostName(text: string): string {
  const isName = /^(\[[0-9a-f:.]+\]|[^\s:/\\?#@%*,[\]]+)$/i.test(text);
  const url = `http://${text}`;
  if (isName && URL.canParse(url)) return new URL(url).hostname;
  throw new UsageError(`-host must be a name alone, without a scheme, a port or a path, not "${text}"`, {
    hint: "fleet.example.com; the port may be any",
  });
}
