import type { Duplex } from "node:stream";
import type { GeneratedData, Hook, ProvisionInput } from "../../builder/hook.ts";
import { CancelledError, ProvisionError, throwIfCancelled } from "../../common/errors.ts";
import type { StreamBroker } from "../broker.ts";
import { RemoteError, type RpcClient } from "../rpc/client.ts";
import { type FindMethod, methodsOf, serveRpc } from "../rpc/server.ts";
import { communicatorMethods } from "./communicator-methods.ts";
import type { CoreUi } from "./core-ui.ts";
import { uiMethods } from "./ui-methods.ts";

interface CoreHookOptions {
  readonly core: RpcClient;
  readonly broker: StreamBroker;
  readonly ui: CoreUi;
  /** Told of what has no caller to be told to. */
  readonly onFailure: (error: unknown) => void;
}

/** How long Packer has to end its provisioners after it was asked to. */
const PATIENCE_AFTER_CANCEL_MS = 30_000;

/**
 * Names that every Packer knows in `build.*` whether or not a builder has them. There is no HTTP server here, and the
 * texts are those that templates get from every builder without one.
 */
const standardData = {
  PackerHTTPIP: "ERR_HTTP_IP_NOT_IMPLEMENTED_BY_BUILDER",
  PackerHTTPPort: "ERR_HTTP_PORT_NOT_IMPLEMENTED_BY_BUILDER",
  PackerHTTPAddr: "ERR_HTTP_ADDR_NOT_IMPLEMENTED_BY_BUILDER",
} as const;

/** Every value is text: cores differ in what else they can read. */
function hookData(data: GeneratedData): Readonly<Record<string, string>> {
  return { ...standardData, ...data };
}

/** Asks Packer to run the template's provisioners, which then reach the image through us. */
export class CoreHook implements Hook {
  readonly #options: CoreHookOptions;

  constructor(options: CoreHookOptions) {
    this.#options = options;
  }

  provision(input: ProvisionInput): Promise<void> {
    return this.#run("packer_provision", input);
  }

  cleanupProvision(input: ProvisionInput): Promise<void> {
    return this.#run("packer_cleanup_provision", input);
  }

  async #run(name: string, input: ProvisionInput): Promise<void> {
    throwIfCancelled(input.signal);
    const { core, broker, ui } = this.#options;
    const ended = new AbortController();
    const served = broker.serve((stream) => this.#serve(stream, input, ended));
    const cancelling = this.#cancelOnAbort(input.signal);
    try {
      await ui.flush();
      const run = core.call("Hook.Run", { Name: name, Data: hookData(input.data), StreamId: served.point });
      await Promise.race([run, cancelling.gaveUp]);
    } catch (error) {
      throwIfCancelled(input.signal);
      throw error instanceof RemoteError ? new ProvisionError(error.message) : error;
    } finally {
      cancelling.stop();
      served.stop();
      ended.abort(new CancelledError("Packer has ended its provisioners"));
    }
  }

  #serve(stream: Duplex, input: ProvisionInput, ended: AbortController): void {
    const { core, broker, ui, onFailure } = this.#options;
    const signal = AbortSignal.any([input.signal, ended.signal]);
    const communicator = methodsOf({
      Communicator: communicatorMethods({ communicator: input.communicator, broker, signal, onFailure }),
    });
    const screen = uiMethods(ui, core);
    const find: FindMethod = (service, method) => (service.startsWith("Ui") ? screen : communicator)(service, method);
    serveRpc(stream, find).catch(onFailure);
  }

  /** On cancel Packer is told once, and `gaveUp` rejects when it does not answer that in time. */
  #cancelOnAbort(signal: AbortSignal): { readonly gaveUp: Promise<never>; stop(): void } {
    let timer: NodeJS.Timeout | undefined;
    let giveUp: (reason: Error) => void = () => undefined;
    const gaveUp = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const cancel = () => {
      this.#options.core.call("Hook.Cancel").catch(this.#options.onFailure);
      timer = setTimeout(() => giveUp(new CancelledError()), PATIENCE_AFTER_CANCEL_MS);
    };
    signal.addEventListener("abort", cancel, { once: true });
    const stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    };
    return { gaveUp, stop };
  }
}
