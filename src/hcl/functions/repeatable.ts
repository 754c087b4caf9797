import { stringValue } from "../values/value.ts";
import { cryptoFunctions } from "./crypto.ts";
import { argumentAt, type Functions, stringFunction } from "./define.ts";

/**
 * The functions that draw lots, without: an id that is always the same, and for `bcrypt()` the text itself, as two runs are
 * the same when they hash the same.
 */
export const repeatableFunctions: Functions = {
  uuidv4: stringFunction([], () => "00000000-0000-4000-8000-000000000000"),
  ...(cryptoFunctions.bcrypt && {
    bcrypt: { ...cryptoFunctions.bcrypt, evaluate: (args) => stringValue(`bcrypt ${argumentAt(args, 0).asString()}`) },
  }),
};
