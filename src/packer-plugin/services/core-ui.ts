import type { Ui } from "../../builder/ui.ts";
import { CancelledError, messageOf } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import type { RpcClient } from "../rpc/client.ts";
import { textOf } from "../rpc/fields.ts";

/**
 * Packer's own screen. Packer handles calls side by side, so that each line waits for the answer to the one before; that
 * also holds back whoever writes faster than Packer can show.
 */
export class CoreUi implements Ui {
  readonly #core: RpcClient;
  #last: Promise<unknown> = Promise.resolve();

  constructor(core: RpcClient) {
    this.#core = core;
  }

  say(message: string): void {
    this.#tell("Ui.Say", message);
  }

  message(message: string): void {
    this.#tell("Ui.Message", message);
  }

  warn(message: string): void {
    this.#tell("Ui.Say", `Warning: ${message}`);
  }

  error(message: string): void {
    this.#tell("Ui.Error", message);
  }

  async ask(question: string, signal?: AbortSignal): Promise<string> {
    const answer = this.call("Ui.Ask", secrets.mask(question));
    try {
      return textOf(await (signal ? Promise.race([answer, rejectOnAbort(signal)]) : answer));
    } catch (cause) {
      throw new CancelledError(`Nobody can answer: ${messageOf(cause)}`, { cause });
    }
  }

  /** Calls a method of Packer's when every line before has been shown. */
  call(method: string, argument: unknown): Promise<unknown> {
    const answer = this.#last.then(() => this.#core.call(method, argument));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Resolves when every line has been shown. */
  async flush(): Promise<void> {
    await this.#last;
  }

  /** A line that cannot be shown any more must not stop a build; the end of the connection does. */
  #tell(method: string, message: string): void {
    void this.call(method, secrets.mask(message)).catch(() => undefined);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new CancelledError());
    signal.addEventListener("abort", () => reject(new CancelledError()), { once: true });
  });
}
