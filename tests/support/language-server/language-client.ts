import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  type Diagnostic,
  type DidChangeTextDocumentParams,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";

/** An editor as the language server sees it: a process that speaks the protocol with it. */
export class LanguageClient implements AsyncDisposable {
  readonly connection: ProtocolConnection;
  /** What the server has logged: a request that it could not answer is there. */
  readonly logged: string[] = [];
  readonly child: ChildProcess;
  readonly #published = new Map<string, PublishDiagnosticsParams>();
  readonly #versions = new Map<string, number>();
  #wake: () => void = () => undefined;

  private constructor(child: ChildProcess) {
    const { stdin, stdout } = child;
    if (!stdin || !stdout) throw new Error("The language server has no pipes");
    this.child = child;
    this.connection = createProtocolConnection(new StreamMessageReader(stdout), new StreamMessageWriter(stdin));
    this.connection.onNotification("window/logMessage", ({ message }: { message: string }) => {
      this.logged.push(message);
    });
    this.connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
      this.#published.set(params.uri, params);
      this.#wake();
    });
    child.once("exit", () => this.#wake());
    this.connection.listen();
  }

  static async start(): Promise<{ readonly client: LanguageClient; readonly initialized: InitializeResult }> {
    const stdio = ["pipe", "pipe", "inherit"] as const;
    const child = spawn("bin/outscale-chroot", ["language-server", "--stdio"], { stdio: [...stdio] });
    const client = new LanguageClient(child);
    const initialized: InitializeResult = await client.connection.sendRequest("initialize", {
      ...{ processId: process.pid, rootUri: null, capabilities: {} },
    });
    await client.connection.sendNotification("initialized", {});
    return { client, initialized };
  }

  /** Opens a file, or gives the one that is open another text. */
  async open(path: string, text: string): Promise<string> {
    const uri = pathToFileURL(path).href;
    if (this.#versions.has(uri)) {
      await this.change(uri, [{ text }]);
      return uri;
    }
    this.#versions.set(uri, 1);
    await this.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "hcl", version: 1, text },
    });
    return uri;
  }

  async change(uri: string, contentChanges: DidChangeTextDocumentParams["contentChanges"]): Promise<void> {
    const version = (this.#versions.get(uri) ?? 0) + 1;
    this.#versions.set(uri, version);
    await this.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges,
    });
  }

  /** What the server says of the text as it is now. */
  async diagnostics(uri: string): Promise<readonly Diagnostic[]> {
    for (;;) {
      const last = this.#published.get(uri);
      if (last !== undefined && last.version === this.#versions.get(uri)) return last.diagnostics;
      const { exitCode } = this.child;
      if (exitCode !== null) throw new Error(`The language server has ended with ${exitCode}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  ask<Answer>(method: string, uri: string, position: { line: number; character: number }, more = {}): Promise<Answer> {
    return this.connection.sendRequest(method, { textDocument: { uri }, position, ...more });
  }

  /** @returns the exit code */
  async stop(): Promise<number | null> {
    await this.connection.sendRequest("shutdown");
    const exited = once(this.child, "exit");
    await this.connection.sendNotification("exit");
    await exited;
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) {
      const exited = once(this.child, "exit");
      this.child.kill("SIGKILL");
      await exited;
    }
    this.connection.dispose();
  }
}
