import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { secrets } from "../common/secrets.ts";

/** Who looks at the pages. */
export interface Visitor {
  /** As a reverse proxy calls him; undefined for whoever has the token. */
  readonly name: string | undefined;
  /** What a form has to send back: no other site knows it. */
  readonly formToken: string;
}

/** What a request brings along to be let in. */
export interface Credentials {
  readonly cookie: string | undefined;
  readonly header: (name: string) => string | undefined;
}

const LONGEST_NAME = 100;

/**
 * Knows who may come in: whoever has the token that was printed at the start, which becomes a cookie; or whom a reverse
 * proxy names in a header, and nobody else then.
 */
export class Guard {
  readonly #secret = randomBytes(32);
  readonly #header: string | undefined;
  /** What is printed; undefined where a reverse proxy says who comes in. */
  readonly token: string | undefined;

  /** @param header That of the reverse proxy. Who can connect can send it, so that must be the proxy alone. */
  constructor(header: string | undefined) {
    this.#header = header;
    this.token = header === undefined ? this.#derived("token") : undefined;
    secrets.add(this.token);
  }

  /** What the browser keeps. It is not the token: that is in the history of the browser, and in terminals. */
  get cookie(): string {
    return this.#derived("cookie");
  }

  /** Whether it is the token that was printed. */
  isToken(given: string | undefined): boolean {
    return this.token !== undefined && given !== undefined && isSame(given, this.token);
  }

  /** @returns undefined for whoever may not come in */
  visitor({ cookie, header }: Credentials): Visitor | undefined {
    if (this.#header !== undefined) {
      const name = header(this.#header)?.trim().slice(0, LONGEST_NAME);
      return name ? { name, formToken: this.#derived(`form ${name}`) } : undefined;
    }
    if (cookie === undefined || !isSame(cookie, this.cookie)) return undefined;
    return { name: undefined, formToken: this.#derived("form") };
  }

  /** Whether a form is of a page that this visitor was given. */
  isFormOf(visitor: Visitor, given: unknown): boolean {
    return typeof given === "string" && isSame(given, visitor.formToken);
  }

  #derived(purpose: string): string {
    return createHmac("sha256", this.#secret).update(purpose).digest("base64url");
  }
}

/** In a time that says nothing of what they have in common. */
function isSame(given: string, wanted: string): boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
