import type { Readable, Writable } from "node:stream";
import {
  type Connection,
  createConnection,
  DidChangeWatchedFilesNotification,
  type InitializeResult,
  ProposedFeatures,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  TextDocumentSyncKind,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { messageOf } from "../common/errors.ts";
import { version } from "../common/version.ts";
import { complete } from "./complete.ts";
import { DiagnosticsPublisher } from "./diagnostics-publisher.ts";
import { hover } from "./hover.ts";
import type { Knowledge } from "./lookup.ts";
import { findDefinition, findReferences, rename, renameRange } from "./navigate.ts";
import { formatEdits, outlineOf } from "./outline.ts";
import type { TextFile } from "./text-file.ts";
import { Workspace } from "./workspace.ts";

const CAPABILITIES: InitializeResult = {
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    completionProvider: { triggerCharacters: [".", '"', "{"] },
    hoverProvider: true,
    definitionProvider: true,
    referencesProvider: true,
    renameProvider: { prepareProvider: true },
    documentFormattingProvider: true,
    documentSymbolProvider: true,
  },
  serverInfo: { name: "outscale-chroot", version },
};

/**
 * Speaks the Language Server Protocol over two streams until the editor says `exit`, or is gone.
 * @returns the exit code that the protocol asks for: 0 after `shutdown`, else 1
 */
export function runLanguageServer(input: Readable, output: Writable): Promise<number> {
  const reader = new StreamMessageReader(input);
  const connection = createConnection(ProposedFeatures.all, reader, new StreamMessageWriter(output));
  return new Promise((resolve) => {
    let code = 1;
    connection.onShutdown(() => {
      code = 0;
    });
    connection.onExit(() => resolve(code));
    reader.onClose(() => resolve(code));
    new LanguageServer(connection).listen();
  });
}

/** A place in a file that is open, with what is known of its template. */
interface Question {
  readonly knowledge: Knowledge;
  readonly file: TextFile;
  readonly offset: number;
}

interface Asked {
  readonly textDocument: { readonly uri: string };
  readonly position?: { readonly line: number; readonly character: number };
}

class LanguageServer {
  readonly #connection: Connection;
  readonly #workspace = new Workspace();
  readonly #publisher: DiagnosticsPublisher;
  readonly #documents = new Map<string, TextDocument>();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#publisher = new DiagnosticsPublisher(this.#workspace, connection);
  }

  listen(): void {
    const connection = this.#connection;
    connection.onInitialize(({ capabilities: { workspace } }) => {
      const canWatch = workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
      if (canWatch) connection.onInitialized(() => this.#watchFiles());
      return CAPABILITIES;
    });
    this.#followDocuments();
    connection.onCompletion((asked) => this.#answer(asked, [], (at) => complete(at.knowledge, at.file, at.offset)));
    connection.onHover(async (asked) => {
      // Values are shown as they are now.
      await this.#publisher.settle();
      return this.#answer(asked, null, (at) => hover(at.knowledge, at.file, at.offset));
    });
    connection.onDefinition((asked) =>
      this.#answer(asked, [], (at) => findDefinition(at.knowledge, at.file, at.offset)),
    );
    connection.onReferences((asked) => {
      const withDeclaration = asked.context.includeDeclaration;
      return this.#answer(asked, [], ({ knowledge, ...at }) => findReferences(knowledge, { ...at, withDeclaration }));
    });
    connection.onPrepareRename((asked) =>
      this.#answer(asked, null, (at) => renameRange(at.knowledge, at.file, at.offset)),
    );
    connection.onRenameRequest((asked) => {
      const { newName } = asked;
      return this.#answer(asked, null, ({ knowledge, ...at }) => rename(knowledge, { ...at, newName }));
    });
    connection.onDocumentFormatting((asked) => this.#answer(asked, [], ({ file }) => formatEdits(file)));
    connection.onDocumentSymbol((asked) => this.#answer(asked, [], ({ file }) => outlineOf(file)));
    connection.listen();
  }

  /** Other files of a template may be changed by other programs. */
  #watchFiles(): void {
    const watchers = [{ globPattern: "**/*.{pkr,pkrvars}.{hcl,json}" }];
    const registered = this.#connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
    registered.catch((error: unknown) => this.#connection.console.warn(`Files are not watched: ${messageOf(error)}`));
  }

  #followDocuments(): void {
    const connection = this.#connection;
    connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version: number, text } }) => {
      this.#set(TextDocument.create(uri, languageId, number, text));
    });
    connection.onDidChangeTextDocument(({ textDocument: { uri, version: number }, contentChanges }) => {
      const document = this.#documents.get(uri);
      if (document) this.#set(TextDocument.update(document, contentChanges, number));
    });
    connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
      this.#documents.delete(uri);
      this.#workspace.close(uri);
      this.#publisher.forget(uri);
    });
    // Another file of the template may have changed on disk.
    connection.onDidSaveTextDocument(() => this.#publisher.schedule());
    connection.onDidChangeWatchedFiles(() => this.#publisher.schedule());
  }

  #set(document: TextDocument): void {
    this.#documents.set(document.uri, document);
    // The text goes on changing in the document that the protocol updates.
    this.#workspace.change(
      TextDocument.create(document.uri, document.languageId, document.version, document.getText()),
    );
    this.#publisher.schedule();
  }

  /** A question that cannot be answered is logged, and answered with nothing: the editor goes on. */
  #answer<Answer>(asked: Asked, nothing: Answer, find: (question: Question) => Answer): Answer {
    try {
      const file = this.#workspace.fileOf(asked.textDocument.uri);
      if (!file) return nothing;
      const knowledge = this.#publisher.knowledgeOf(file);
      return find({ knowledge, file, offset: asked.position ? file.offsetAt(asked.position) : 0 });
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      this.#connection.console.error(`A request was not answered: ${messageOf(error)}`);
      return nothing;
    }
  }
}
