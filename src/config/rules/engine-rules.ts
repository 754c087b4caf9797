import { messageOf } from "../../common/errors.ts";
import type { CheckedOptions } from "../schema.ts";
import type { Findings } from "./findings.ts";

/** Waiting and checking. */
export function checkEngine(options: CheckedOptions, findings: Findings): void {
  if (options.polling.min > options.polling.max) findings.problem("polling.min", "must not be longer than polling.max");
  if (options.boot_test === undefined) return;
  try {
    new RegExp(options.boot_test.pattern);
  } catch (error) {
    findings.problem("boot_test.pattern", messageOf(error));
  }
}
