import { secrets } from "../../common/secrets.ts";
import type { RpcClient } from "../rpc/client.ts";
import { fieldsOf, textOf, textsOf } from "../rpc/fields.ts";
import type { FindMethod, RpcMethod } from "../rpc/server.ts";
import type { CoreUi } from "./core-ui.ts";

/**
 * The `Ui` that Packer's provisioners write to: the plugin serves it during a hook, and passes every call on to Packer's
 * own, in order and with secrets masked. A progress bar is a service of its own, `Ui` and the bar's id; its calls come
 * one for every 32 KiB, and need no order.
 */
export function uiMethods(ui: CoreUi, core: RpcClient): FindMethod {
  const forwardText =
    (name: string): RpcMethod =>
    (text) =>
      ui.call(`Ui.${name}`, secrets.mask(textOf(text)));
  const methods: Readonly<Record<string, RpcMethod>> = {
    Say: forwardText("Say"),
    Message: forwardText("Message"),
    Error: forwardText("Error"),
    Ask: forwardText("Ask"),
    Machine: (argument) => {
      const { Category, Args } = fieldsOf(argument);
      const args = textsOf(Args).map((arg) => secrets.mask(arg));
      return ui.call("Ui.Machine", { Category: textOf(Category), Args: args });
    },
    NewTrackProgress: (argument) => core.call("Ui.NewTrackProgress", argument),
  };
  return (service, method) => {
    const isBar = service !== "Ui" && (method === "Add" || method === "Close");
    if (isBar) return (argument) => core.call(`${service}.${method}`, argument);
    const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (service === "Ui" && found) return found;
    throw new Error(`rpc: can't find method ${service}.${method}`);
  };
}
