import { stringType } from "../values/type.ts";
import { type Functions, stringParam } from "./define.ts";
import { FunctionError, type HclFunction } from "./function.ts";

/** A function that asks another service. No client of those is built in; the error says what to do instead. */
function serviceFunction(
  service: string,
  paramNames: readonly string[],
  nullable: readonly string[] = [],
): HclFunction {
  return {
    params: paramNames.map((name) => ({ ...stringParam(name), allowNull: nullable.includes(name) })),
    returnType: stringType,
    evaluate: () => {
      const advice = `read the value with ${service}'s own tool and pass it as a variable, with PKR_VAR_NAME or -var`;
      throw new FunctionError(`no client for ${service} is built in; ${advice}`);
    },
  };
}

export const serviceFunctions: Functions = {
  aws_secretsmanager: serviceFunction("AWS Secrets Manager", ["name", "key"], ["key"]),
  aws_secretsmanager_raw: serviceFunction("AWS Secrets Manager", ["name"]),
  consul_key: serviceFunction("Consul", ["key"]),
  vault: serviceFunction("Vault", ["path", "key"]),
};
