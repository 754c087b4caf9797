import { stringType } from "../values/type.ts";
import { stringValue } from "../values/value.ts";
import type { FunctionContext } from "./context.ts";
import { argumentAt, stringParam } from "./define.ts";
import type { HclFunction } from "./function.ts";

/** `env(key)`: what a variable of the environment holds, sensitive if that is a secret; an empty text if there is none. */
export function environmentFunction({
  env = process.env,
  isSecret = () => false,
}: Pick<FunctionContext, "env" | "isSecret">): HclFunction {
  return {
    params: [stringParam("key")],
    returnType: stringType,
    evaluate: (args) => {
      const key = argumentAt(args, 0).asString();
      // Objects have members besides: `toString` is no variable. An environment may answer without a list of its own.
      const found: unknown = env[key];
      const text = typeof found === "string" ? found : "";
      return stringValue(text).withSensitive(text !== "" && isSecret(key, text));
    },
  };
}
