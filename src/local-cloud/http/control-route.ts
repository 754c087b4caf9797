import { timingSafeEqual } from "node:crypto";
import type { z } from "zod";
import { ChrootError, messageOf } from "../../common/errors.ts";
import { type ArgumentsOf, type ControlOperation, controlArguments, controlOperations } from "../control/operations.ts";
import { CONTROL_PREFIX } from "../control/running-server.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { type HttpAnswer, type HttpRequest, json } from "./http-server.ts";

const schemas: { readonly [O in ControlOperation]: z.ZodType<ArgumentsOf<O>> } = controlArguments;

/** Answers an operation besides the API; whoever has no token of the state folder is turned away. */
export async function answerControl(core: OpenCloud, token: string, request: HttpRequest): Promise<HttpAnswer> {
  if (!isBearer(request.headers.authorization, token)) return json(403, { error: "The control token is wrong" });
  const operation = request.url.slice(CONTROL_PREFIX.length);
  if (request.method !== "POST" || !isOperation(operation)) return json(404, { error: `No operation "${operation}"` });
  try {
    const given: unknown = JSON.parse(request.body.toString("utf8") || "{}");
    return json(200, { result: await runOperation(core, operation, given) });
  } catch (error) {
    const hint = error instanceof ChrootError && error.hint !== undefined ? { hint: error.hint } : {};
    return json(400, { error: messageOf(error), ...hint });
  }
}

function runOperation<O extends ControlOperation>(core: OpenCloud, operation: O, given: unknown): unknown {
  return controlOperations[operation](core, schemas[operation].parse(given));
}

function isOperation(name: string): name is ControlOperation {
  return Object.hasOwn(controlArguments, name);
}

function isBearer(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
