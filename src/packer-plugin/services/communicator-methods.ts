import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { Communicator } from "../../chroot/communicator.ts";
import { messageOf } from "../../common/errors.ts";
import type { ExitStatus } from "../../host/command-error.ts";
import type { StreamBroker } from "../broker.ts";
import { encodeExitStatus } from "../gob/exit-status.ts";
import { countOf, fieldsOf, isFields, textOf, textsOf } from "../rpc/fields.ts";
import type { RpcMethod } from "../rpc/server.ts";

interface CommunicatorInput {
  readonly communicator: Communicator;
  readonly broker: StreamBroker;
  /** Stops the commands and transfers that are still running: Packer itself never does. */
  readonly signal: AbortSignal;
  /** Told of what has no caller to be told to. */
  readonly onFailure: (error: unknown) => void;
}

/** The `Communicator` that Packer's provisioners reach the image with. Packer serves the streams, we dial them. */
export function communicatorMethods(input: CommunicatorInput): Readonly<Record<string, RpcMethod>> {
  const { communicator, signal } = input;
  return {
    Start: (argument) => startCommand(argument, input),
    Upload: (argument) => upload(argument, input),
    Download: (argument) => download(argument, input),
    UploadDir: (argument) => {
      const { Dst, Src, Exclude } = fieldsOf(argument);
      return communicator.uploadDir(textOf(Dst), textOf(Src), { exclude: textsOf(Exclude), signal });
    },
    DownloadDir: (argument) => {
      const { Dst, Src, Exclude } = fieldsOf(argument);
      return communicator.downloadDir(textOf(Src), textOf(Dst), { exclude: textsOf(Exclude), signal });
    },
  };
}

interface CommandStreams {
  readonly stdin: Duplex | undefined;
  readonly stdout: Duplex | undefined;
  readonly stderr: Duplex | undefined;
  readonly response: Duplex | undefined;
}

/** Answers as soon as the command runs; how it ends is told on a stream of its own. */
async function startCommand(argument: unknown, input: CommunicatorInput): Promise<void> {
  const { Command, StdinStreamId, StdoutStreamId, StderrStreamId, ResponseStreamId } = fieldsOf(argument);
  const dial = (id: unknown) => dialStream(input.broker, id);
  const streams: CommandStreams = {
    stdin: await dial(StdinStreamId),
    stdout: await dial(StdoutStreamId),
    stderr: await dial(StderrStreamId),
    response: await dial(ResponseStreamId),
  };
  // These carry bytes one way; what the other side sends back is its end alone.
  for (const stream of [streams.stdout, streams.stderr, streams.response]) stream?.resume();
  void runCommand(textOf(Command), streams, input);
}

async function runCommand(command: string, streams: CommandStreams, input: CommunicatorInput): Promise<void> {
  const { stdin, stdout, stderr, response } = streams;
  const { communicator, signal, onFailure } = input;
  // Whether it has failed is for Packer's provisioner to say.
  const status = await communicator
    .start({
      command,
      signal,
      okExitCodes: "any",
      ...(stdin && { stdin }),
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
    })
    .catch((error: unknown): ExitStatus => {
      onFailure(error);
      stderr?.write(`${messageOf(error)}\n`);
      return { code: null, signal: null };
    });
  stdin?.destroy();
  // Packer looks at the exit status only when it has seen the end of both.
  await Promise.all([finish(stdout), finish(stderr)]);
  response?.end(encodeExitStatus(status.code ?? KILLED));
}

/** Go's exit status of a process that a signal ended. */
const KILLED = -1;

async function upload(argument: unknown, { communicator, broker, signal }: CommunicatorInput): Promise<void> {
  const { Path, ReaderStreamId, FileInfo } = fieldsOf(argument);
  const content = await broker.dial(countOf(ReaderStreamId));
  const stop = () => content.destroy(new Error("The transfer was stopped"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    await communicator.upload(textOf(Path), content, {
      signal,
      ...(isFields(FileInfo) && { mode: unixMode(FileInfo.M) }),
    });
    content.end();
  } finally {
    signal.removeEventListener("abort", stop);
    if (!content.writableEnded) content.destroy();
  }
}

async function download(argument: unknown, { communicator, broker, signal }: CommunicatorInput): Promise<void> {
  const { Path, WriterStreamId } = fieldsOf(argument);
  const content = await broker.dial(countOf(WriterStreamId));
  content.resume();
  const stop = () => content.destroy(new Error("The transfer was stopped"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    await communicator.download(textOf(Path), content, { signal });
  } finally {
    signal.removeEventListener("abort", stop);
    // Packer waits for the end of the stream before it looks at our answer, an error too.
    await finish(content);
  }
}

async function dialStream(broker: StreamBroker, id: unknown): Promise<Duplex | undefined> {
  const point = countOf(id);
  return point === 0 ? undefined : broker.dial(point);
}

/** Ends a stream and waits until its last bytes are on their way, or nobody wants them. */
async function finish(stream: Duplex | undefined): Promise<void> {
  if (stream === undefined || stream.destroyed || stream.writableFinished) return;
  stream.end();
  await Promise.race([once(stream, "finish"), once(stream, "close")]).catch(() => undefined);
}

/** Go keeps setuid, setgid and sticky in high bits of its own. @see Go, package io/fs, FileMode */
function unixMode(mode: unknown): number {
  const bits = countOf(mode);
  const has = (bit: number, unix: number) => (Math.floor(bits / 2 ** bit) % 2 === 1 ? unix : 0);
  return (bits % 0o1000) + has(23, 0o4000) + has(22, 0o2000) + has(20, 0o1000);
}
