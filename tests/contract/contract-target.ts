import { setTimeout } from "node:timers/promises";
import { type Answer, type Caller, signedCall } from "../support/local-cloud/signed-call.ts";

/** A cloud to hold to the contract, by its base URL. */
export interface ContractTarget {
  readonly endpoint: string;
  readonly region: string;
  readonly account: { readonly accessKey: string; readonly secretKey: string };
  /** A second account of the same region; without it nothing about sharing can be told. */
  readonly other: { readonly accessKey: string; readonly secretKey: string };
  /** A VM of the account that runs, to link volumes to. */
  readonly vmId: string;
}

/** Calls as one account of a target. */
export class ContractClient {
  readonly caller: Caller;
  readonly #onCall: (action: string, request: unknown, answer: Answer) => void;

  /** @param onCall Told of every call, so that each can be checked against the API's description */
  constructor(caller: Caller, onCall: (action: string, request: unknown, answer: Answer) => void = () => undefined) {
    this.caller = caller;
    this.#onCall = onCall;
  }

  /** A call, whatever comes of it. */
  async call(action: string, request: unknown = {}): Promise<Answer> {
    const answer = await signedCall(this.caller, action, request);
    this.#onCall(action, request, answer);
    return answer;
  }

  /** The body of a call that must succeed. */
  async ok(action: string, request: unknown = {}): Promise<Answer["body"]> {
    const { status, body } = await this.call(action, request);
    if (status !== 200) throw new Error(`${action} answered ${status}: ${JSON.stringify(body.Errors)}`);
    return body;
  }

  /** HTTP status and code of a call that must be refused. */
  async refusal(action: string, request: unknown = {}): Promise<readonly [status: number, code: string]> {
    const { status, body } = await this.call(action, request);
    return [status, body.Errors?.[0]?.Code ?? "none"];
  }

  /** Reads a volume, snapshot or image; undefined when it is not seen. */
  async read(kind: "Volume" | "Snapshot" | "Image", id: string): Promise<Answer["body"]> {
    return (await this.ok(`Read${kind}s`, { Filters: { [`${kind}Ids`]: [id] } }))[`${kind}s`][0];
  }

  /** Waits until an object is in a state (`gone`: until it is not seen), and gives it with the states on the way. */
  async until(
    kind: "Volume" | "Snapshot" | "Image",
    id: string,
    state: string,
  ): Promise<{ object: Answer["body"]; seen: string[] }> {
    const seen: string[] = [];
    for (;;) {
      const object = await this.read(kind, id);
      const [link] = object?.LinkedVolumes ?? [];
      const now = object === undefined ? "gone" : link ? `${object.State}/${link.State}` : object.State;
      if (seen.at(-1) !== now) seen.push(now);
      if (now === state) return { object, seen };
      if (["error", "failed", "gone"].includes(now)) throw new Error(`${id} is ${now}, and will never be ${state}`);
      await setTimeout(10);
    }
  }
}
