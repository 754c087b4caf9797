import type { ActionName, RequestOf, ResponseOf } from "../../outscale/oapi.ts";
import type { Account } from "../accounts.ts";
import type { Cloud } from "../cloud.ts";

/** Who calls, and what answers. */
export interface Call {
  readonly cloud: Cloud;
  readonly account: Account;
}

/**
 * One call of the API: checks everything, then changes the records, then begins the work. It is synchronous, so no
 * other call comes between; what it throws ({@link Refusal}) has changed nothing.
 */
export type Handler<A extends ActionName> = (
  call: Call,
  request: RequestOf<A>,
) => Omit<ResponseOf<A>, "ResponseContext">;

/** The keys of the filters that a read takes. */
export type FilterKeys<A extends ActionName> =
  RequestOf<A> extends { Filters?: infer F } ? keyof NonNullable<F> : never;
