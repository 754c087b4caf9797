/**
 * What a build tells a person. A door (CLI, library, Packer plugin) implements it; lines come without the build's name,
 * which the door puts before them, and pass the door's secret mask.
 */
export interface Ui {
  /** A headline: what starts now. Packer shows it as `==> name: ...`. */
  say(message: string): void;
  /** A detail below the last headline, or a line of a provisioner's output. */
  message(message: string): void;
  error(message: string): void;
  warn(message: string): void;
  /**
   * Asks a person and waits for a line.
   * @throws {CancelledError} when the signal fires or nobody can answer
   */
  ask(question: string, signal?: AbortSignal): Promise<string>;
}
