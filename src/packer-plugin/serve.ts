import type { Socket } from "node:net";
import type { DebugLog } from "../common/log.ts";
import { hclShapes } from "../config/hcl-shape.ts";
import { logLine } from "../terminal/debug-log.ts";
import type { Io } from "../terminal/io.ts";
import { StreamBroker } from "./broker.ts";
import { type CoreKind, coreKindOf } from "./core-kind.ts";
import { failureText } from "./failure-text.ts";
import { openDoor } from "./listen.ts";
import { methodsOf, serveRpc } from "./rpc/server.ts";
import { BuilderService } from "./services/builder-methods.ts";
import { encodeGobSpec, ObjectSpecName } from "./spec/gob-spec.ts";
import { encodeProtobufSpec } from "./spec/protobuf-spec.ts";
import { YamuxSession } from "./yamux/session.ts";

export interface ServeInput {
  readonly form: "bare" | "named";
  readonly usesProtobuf: boolean;
  readonly io: Pick<Io, "stdout" | "stderr" | "env" | "onSignal">;
  /** The executable that has started us. */
  readonly parentProgram: string;
  /** See {@link BuilderServiceOptions.onWorked} */
  readonly onWorked?: ((isWhole: boolean) => void) | undefined;
}

/** The version of the plugin protocol in the handshake; newer cores want its minor version too. */
const PROTOCOL = "5";

/**
 * Serves the builder to the Packer that has started this process, until the connection ends. A build that is still
 * running then is cancelled, and everything of it taken down.
 */
export async function servePlugin(input: ServeInput): Promise<void> {
  const core = lazily(() => coreKindOf(input.parentProgram, input.io.env));
  const door = await openDoor();
  input.io.stdout.writeExact(`${await handshake(input, core)}|unix|${door.path}\n`);
  await serveConnection(await door.connection(), input, core);
}

/** No line suits every core, and none says who it is before it has read one. */
async function handshake({ form, usesProtobuf }: ServeInput, core: () => Promise<CoreKind>): Promise<string> {
  const isOld = form === "bare" || (!usesProtobuf && (await core()).isOld);
  return isOld ? PROTOCOL : `${PROTOCOL}|0`;
}

async function serveConnection(socket: Socket, input: ServeInput, core: () => Promise<CoreKind>): Promise<void> {
  const { io } = input;
  const log = coreLog(io);
  const session = new YamuxSession(socket, { side: "server", onStream: (stream) => void broker.accept(stream) });
  const broker: StreamBroker = new StreamBroker(() => session.open());
  const { onWorked } = input;
  const service = new BuilderService({ broker, env: io.env, log, configSpec: () => configSpec(input, core), onWorked });
  const find = methodsOf({ Builder: service.methods() });
  const onFailure = (error: unknown) => log.write({ kind: "note", message: failureText(error) });
  broker.serve((stream) => void serveRpc(stream, find).catch(onFailure), 0);
  const stopListening = watchSignals(io, service);
  const reason = await session.closed;
  onFailure(reason);
  await service.abandon("Packer is gone");
  stopListening();
}

async function configSpec({ usesProtobuf }: ServeInput, core: () => Promise<CoreKind>): Promise<Uint8Array> {
  if (usesProtobuf) return encodeProtobufSpec(hclShapes);
  const { isVendored } = await core();
  return encodeGobSpec(hclShapes, isVendored ? ObjectSpecName.debian : ObjectSpecName.usual);
}

/**
 * Ctrl-C reaches this process as well as Packer, which then cancels the build by a call: once, however often it is
 * pressed. So the second one is ours to see.
 */
function watchSignals(io: ServeInput["io"], service: BuilderService): () => void {
  let interrupts = 0;
  return io.onSignal((name) => {
    if (name === "SIGINT") interrupts++;
    if (interrupts > 1) service.hurry(`${name} for the second time`);
  });
}

/** Packer logs what the plugin writes to standard error; it takes a line with `panic:` for a crash of its own. */
function coreLog({ stderr }: Pick<Io, "stderr">): DebugLog {
  return {
    write: (entry) =>
      stderr.write(logLine(entry, new Date()).replaceAll("panic:", "panic").replaceAll("fatal error:", "fatal error")),
  };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
