import type { BuildResult, LineKind, ReportedArtifact } from "../../bake/report.ts";
import type { Clock } from "../../common/clock.ts";
import { CancelledError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { withoutControls } from "../../common/without-controls.ts";
import { inWords } from "../../terminal/elapsed.ts";
import type { TextSink } from "../../terminal/io.ts";
import { errorText } from "./error-text.ts";
import { prefixed } from "./lines.ts";
import type { ShownReport } from "./shown-report.ts";

/**
 * Packer's machine-readable lines: `TIME,TARGET,TYPE,DATA...`, with commas and line ends of the data escaped.
 * @see https://developer.hashicorp.com/packer/docs/commands#machine-readable-output
 */
export class MachineReport implements ShownReport {
  readonly #out: TextSink;
  readonly #clock: Clock;

  constructor(out: TextSink, clock: Clock) {
    this.#out = out;
    this.#clock = clock;
  }

  line(kind: LineKind, build: string, message: string, part?: string): void {
    this.note(kind, prefixed(kind, build, message, part));
  }

  note(kind: LineKind, message: string): void {
    this.fact("ui", kind === "warn" ? "say" : kind, message);
  }

  /** A line of a type of its own: `version`. */
  fact(type: string, ...data: readonly string[]): void {
    this.#write("", type, ...data);
  }

  /** Packer has no lines for steps. */
  event(): void {}

  async ask(): Promise<string> {
    throw new CancelledError("Nobody can answer: the output is machine-readable");
  }

  ended({ name: build, elapsedMs, error, phases }: BuildResult): void {
    for (const { step, provisioner, elapsedMs, outcome } of phases) {
      if (provisioner === undefined) this.#write(build, "step", step, String(Math.round(elapsedMs)), outcome);
      else this.#write(build, "provisioner", provisioner, String(Math.round(elapsedMs)), outcome);
    }
    const took = inWords(elapsedMs);
    if (error === undefined) this.line("say", build, `Build '${build}' finished after ${took}.`);
    else this.line("error", build, `Build '${build}' errored after ${took}: ${errorText(error).trimEnd()}`);
  }

  finished(results: readonly BuildResult[], elapsedMs: number): void {
    this.note("say", `\n==> Wait completed after ${inWords(elapsedMs)}`);
    const failed = results.filter(({ error }) => error !== undefined);
    if (failed.length > 0) {
      this.fact("error-count", String(failed.length));
      this.note("error", "\n==> Some builds didn't complete successfully and had errors:");
    }
    for (const { name: build, error } of failed) {
      this.#write(build, "error", errorText(error).trimEnd());
      this.note("error", `--> ${build}: ${errorText(error).trimEnd()}`);
    }
    const made = results.map(({ name, artifact, made: others }) => ({
      build: name,
      artifacts: [...(artifact ? [artifact] : []), ...others],
    }));
    const isNothing = made.every(({ artifacts }) => artifacts.length === 0);
    if (isNothing) this.note("say", "\n==> Builds finished but no artifacts were created.");
    else this.note("say", "\n==> Builds finished. The artifacts of successful builds are:");
    for (const { build, artifacts } of made) {
      if (artifacts.length > 0) this.#write(build, "artifact-count", String(artifacts.length));
      for (const [index, artifact] of artifacts.entries()) this.#artifact(build, index, artifact);
    }
  }

  [Symbol.dispose](): void {}

  #artifact(build: string, index: number, artifact: ReportedArtifact): void {
    const field = (...data: readonly string[]) => this.#write(build, "artifact", String(index), ...data);
    field("builder-id", artifact.builderId);
    field("id", artifact.id);
    field("string", artifact.string());
    field("files-count", String(artifact.files.length));
    for (const [number, file] of artifact.files.entries()) field("file", String(number), file);
    field("end");
    this.note("say", `--> ${build}: ${artifact.string()}`);
  }

  #write(target: string, type: string, ...data: readonly string[]): void {
    const escaped = data.map((item) =>
      secrets
        .mask(withoutControls(secrets.mask(item).replaceAll("\r", "\\r")))
        .replaceAll(",", "%!(PACKER_COMMA)")
        .replaceAll("\n", "\\n"),
    );
    this.#out.writeExact(`${[Math.floor(this.#clock.now() / 1_000), target, type, ...escaped].join(",")}\n`);
  }
}
