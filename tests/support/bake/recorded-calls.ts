import type { ActionName, RequestOf } from "../../../src/outscale/oapi.ts";
import type { Bakery } from "./bake.ts";

/** The API calls that an account makes from the moment this is made until it is stopped, the builder's if no other is named. */
export class RecordedCalls {
  readonly #bakery: Pick<Bakery, "cloud">;
  readonly #accountId: string;
  readonly #start: number;
  #end: number | undefined;

  constructor(bakery: Pick<Bakery, "cloud">, accountId: string = bakery.cloud.account("builder").id) {
    this.#bakery = bakery;
    this.#accountId = accountId;
    this.#start = bakery.cloud.requests.length;
  }

  /** Later calls do not count. */
  stop(): void {
    this.#end = this.#bakery.cloud.requests.length;
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
    return requests.slice(this.#start, this.#end).filter(({ accountId }) => accountId === this.#accountId);
  }
}
