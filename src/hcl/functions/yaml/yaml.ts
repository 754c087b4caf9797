import { dynamicType, stringType } from "../../values/type.ts";
import { stringValue, unknownValue } from "../../values/value.ts";
import { anyParam, argumentAt, type Functions, stringParam } from "../define.ts";
import type { HclFunction } from "../function.ts";
import { fromYaml } from "./decode.ts";
import { toYaml } from "./encode.ts";

/** `yamlencode(value)` */
const yamlencode: HclFunction = {
  params: [anyParam("value", { allowNull: true, allowDynamicType: true })],
  returnType: stringType,
  evaluate: (args) => {
    const value = argumentAt(args, 0);
    return value.isWhollyKnown ? stringValue(toYaml(value)) : unknownValue(stringType);
  },
};

/** `yamldecode(src)` */
const yamldecode: HclFunction = {
  params: [stringParam("src")],
  returnType: dynamicType,
  evaluate: (args) => fromYaml(argumentAt(args, 0).asString()),
};

export const yamlFunctions: Functions = { yamldecode, yamlencode };
