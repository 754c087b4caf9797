import type { LoggedRequest } from "../../../src/local-cloud/http/request-log.ts";
import type { ActionName, RequestOf } from "../../../src/outscale/oapi.ts";
import type { Bakery } from "./bake.ts";

/** The API calls that an account makes from the moment this is made until it is stopped, the builder's if no other is named. */
export class RecordedCalls {
  readonly #bakery: Pick<Bakery, "cloud">;
  readonly #accountId: string;
  /** By the calls beside it: a cloud keeps the last ones alone, so that their places change. */
  readonly #before: LoggedRequest | undefined;
  #stopped: { readonly after: LoggedRequest | undefined } | undefined;

  constructor(bakery: Pick<Bakery, "cloud">, accountId: string = bakery.cloud.account("builder").id) {
    this.#bakery = bakery;
    this.#accountId = accountId;
    this.#before = bakery.cloud.requests.at(-1);
  }

  /** Later calls do not count. */
  stop(): void {
    this.#stopped ??= { after: this.#bakery.cloud.requests.at(-1) };
  }

  /** The names of the calls, oldest first. */
  get actions(): string[] {
    return this.#calls().map(({ action }) => action);
  }

  /** The bodies of all calls of one action, oldest first. */
  of<A extends ActionName>(wanted: A): RequestOf<A>[] {
    return this.#calls()
      .filter(({ action }) => action === wanted)
      .map(({ body }) => body as RequestOf<A>); // the cloud has parsed it against the schema of the action
  }

  #calls() {
    const { requests } = this.#bakery.cloud;
    const placeAfter = (call: LoggedRequest | undefined) => (call === undefined ? 0 : requests.lastIndexOf(call) + 1);
    const end = this.#stopped && placeAfter(this.#stopped.after);
    return requests.slice(placeAfter(this.#before), end).filter(({ accountId }) => accountId === this.#accountId);
  }
}
