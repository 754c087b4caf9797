import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is answered to a command, in Redis' protocol; undefined ends the connection in its place. */
export type ScriptedAnswer = (command: string, args: readonly string[]) => string | undefined;

/** A Redis that answers what a test wants it to. */
export interface ScriptedRedis extends AsyncDisposable {
  readonly path: string;
}

const OK = "+OK\r\n";

/** @param answer What a client says by itself, before its first question, is none of it */
export async function startScriptedRedis(answer: ScriptedAnswer): Promise<ScriptedRedis> {
  const folder = await mkdtemp(join(tmpdir(), "scripted-redis-"));
  const path = join(folder, "redis.sock");
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    let text = "";
    socket.on("data", (data) => {
      text += data;
      for (let read = readCommand(text); read !== undefined; read = readCommand(text)) {
        text = text.slice(read.length);
        const [name = "", ...args] = read.words;
        const said = greet(name.toLowerCase()) ?? answer(name.toLowerCase(), args);
        if (said === undefined) return socket.destroy();
        socket.write(said);
      }
    });
  });
  server.listen(path);
  await once(server, "listening");
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a client says first. */
function greet(name: string): string | undefined {
  if (name === "hello") return "-NOPROTO unsupported protocol version\r\n";
  if (name === "client" || name === "select") return OK;
  return name === "info" ? bulk("redis_version:7.2.0\r\nrole:master\r\n") : undefined;
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** The first command of what has come, if it is whole; of short words without line ends. */
function readCommand(text: string): { readonly words: readonly string[]; readonly length: number } | undefined {
  const [head = "", count] = /^\*(\d+)\r\n/.exec(text) ?? [];
  if (count === undefined) return undefined;
  const words: string[] = [];
  let length = head.length;
  while (words.length < Number(count)) {
    const [whole = "", word] = /^\$\d+\r\n(.*?)\r\n/s.exec(text.slice(length)) ?? [];
    if (word === undefined) return undefined;
    words.push(word);
    length += whole.length;
  }
  return { words, length };
}
