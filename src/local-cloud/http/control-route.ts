import { timingSafeEqual } from "node:crypto";
import type { z } from "zod";
import { ChrootError, messageOf } from "../../common/errors.ts";
import { schemaProblems } from "../../common/schema-problems.ts";
import { type ArgumentsOf, type ControlOperation, controlArguments, controlOperations } from "../control/operations.ts";
import { CONTROL_PREFIX } from "../control/running-server.ts";
import {
  type ServerArgumentsOf,
  type ServerControl,
  type ServerOperation,
  serverArguments,
  serverOperations,
} from "../control/server-operations.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { type HttpAnswer, type HttpRequest, json } from "./http-server.ts";

interface ControlInput {
  readonly cloud: OpenCloud;
  readonly server: ServerControl;
  readonly token: string;
}

/** Answers an operation besides the API. It takes one who is on this machine and can read the token of the state folder. */
export async function answerControl(input: ControlInput, request: HttpRequest): Promise<HttpAnswer> {
  if (!request.isLocal) return json(403, { error: "Operations are taken from this machine alone" });
  if (!isBearer(request.headers.authorization, input.token)) return json(403, { error: "The control token is wrong" });
  const name = request.url.slice(CONTROL_PREFIX.length);
  const operation = request.method === "POST" ? operationOf(input, name) : undefined;
  if (!operation) return json(404, { error: `No operation "${name}"` });
  try {
    return json(200, { result: await operation(readGiven(request.body)) });
  } catch (error) {
    const hint = error instanceof ChrootError && error.hint !== undefined ? { hint: error.hint } : {};
    return json(400, { error: messageOf(error), ...hint });
  }
}

/** @throws {LocalCloudError} when it is no JSON */
function readGiven(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch (error) {
    throw new LocalCloudError(`The body is no JSON: ${messageOf(error)}`);
  }
}

/** @throws {LocalCloudError} with everything that is wrong with them */
function check<Value>(name: string, schema: z.ZodType<Value>, given: unknown): Value {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new LocalCloudError(`${name} cannot take that: ${schemaProblems(result.error, "the body").join("; ")}`, {
    hint: "docs/local-cloud.md has what each operation takes",
  });
}

type Operation = (given: unknown) => unknown;

const cloudSchemas: { readonly [O in ControlOperation]: z.ZodType<ArgumentsOf<O>> } = controlArguments;
const serverSchemas: { readonly [O in ServerOperation]: z.ZodType<ServerArgumentsOf<O>> } = serverArguments;

function operationOf({ cloud, server }: ControlInput, name: string): Operation | undefined {
  if (isCloudOperation(name)) return (given) => onCloud(cloud, name, given);
  if (isServerOperation(name)) return (given) => onServer(server, name, given);
  return undefined;
}

function onCloud<O extends ControlOperation>(cloud: OpenCloud, operation: O, given: unknown): unknown {
  return controlOperations[operation](cloud, check(operation, cloudSchemas[operation], given));
}

function onServer<O extends ServerOperation>(server: ServerControl, operation: O, given: unknown): unknown {
  return serverOperations[operation](server, check(operation, serverSchemas[operation], given));
}

function isCloudOperation(name: string): name is ControlOperation {
  return Object.hasOwn(controlArguments, name);
}

function isServerOperation(name: string): name is ServerOperation {
  return Object.hasOwn(serverArguments, name);
}

function isBearer(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
