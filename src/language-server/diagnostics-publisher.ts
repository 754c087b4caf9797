import type { Connection, Diagnostic } from "vscode-languageserver/node";
import { messageOf } from "../common/errors.ts";
import { type Diagnosis, diagnose } from "./diagnose.ts";
import type { Knowledge } from "./lookup.ts";
import type { TextFile } from "./text-file.ts";
import type { Unit, Workspace } from "./workspace.ts";

/** After the last letter: whoever types fast wants no opinion of half a word. */
const QUIET_MS = 150;

interface Sent {
  readonly uri: string;
  readonly version?: number;
}

/** Tells the editor what is wrong with the templates of its open files, some time after each change. */
export class DiagnosticsPublisher {
  readonly #workspace: Workspace;
  readonly #connection: Connection;
  /** Values and types of a folder's template, as of the last time that it could be read. */
  readonly #declared = new Map<string, NonNullable<Diagnosis["declared"]>>();
  #timer: NodeJS.Timeout | undefined;
  /** One after the other, so that an older answer never comes after a newer one. */
  #last: Promise<void> = Promise.resolve();

  constructor(workspace: Workspace, connection: Connection) {
    this.#workspace = workspace;
    this.#connection = connection;
  }

  schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.settle(), QUIET_MS);
  }

  /** Examines at once what waits to be examined. */
  settle(): Promise<void> {
    if (this.#timer === undefined) return this.#last;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = this.#last.then(() => this.#publishAll());
    return this.#last;
  }

  /** Nothing is wrong any more with a file that nobody looks at. */
  forget(uri: string): void {
    this.#send({ uri }, []);
    this.schedule();
  }

  knowledgeOf(file: TextFile): Knowledge {
    const unit = this.#workspace.unitOf(file);
    return { workspace: this.#workspace, unit, declared: this.#declared.get(keyOf(unit)) };
  }

  async #publishAll(): Promise<void> {
    const waiting = new Set(this.#workspace.openFiles);
    for (const file of waiting) {
      try {
        await this.#publish(file, waiting);
      } catch (error) {
        this.#connection.console.error(`"${file.path}" could not be examined: ${messageOf(error)}`);
        this.#send(file, []);
      }
    }
  }

  /** Examines the template of a file, once for all its files that are open. */
  async #publish(file: TextFile, waiting: Set<TextFile>): Promise<void> {
    const unit = this.#workspace.unitOf(file);
    const isOpen = (each: TextFile) => this.#workspace.fileOf(each.uri) === each;
    const values = unit.variables.filter((each) => isOpen(each) && waiting.has(each));
    const { byFile, declared } = await diagnose(unit, values);
    if (declared) this.#declared.set(keyOf(unit), declared);
    for (const [each, diagnostics] of byFile) {
      const isAsked = waiting.has(each) && isOpen(each) && this.#isSameUnit(each, unit);
      if (!isAsked) continue;
      waiting.delete(each);
      this.#send(each, diagnostics);
    }
    waiting.delete(file);
  }

  #isSameUnit(file: TextFile, unit: Unit): boolean {
    return file.kind === "variables" || keyOf(this.#workspace.unitOf(file)) === keyOf(unit);
  }

  /** Nobody is there to be told of a connection that is gone. */
  #send({ uri, version }: Sent, diagnostics: readonly Diagnostic[]): void {
    const told = this.#connection.sendDiagnostics({ uri, ...(version && { version }), diagnostics: [...diagnostics] });
    told.catch(() => undefined);
  }
}

function keyOf({ folder, templates }: Unit): string {
  return [folder, ...templates.map(({ path }) => path)].join("\n");
}
