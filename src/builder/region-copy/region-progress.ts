import type { WaitProgress } from "../../outscale/wait-for.ts";
import type { Build } from "../build.ts";

/**
 * Tells how waits go that go on at the same time, as one: `the copies 12 %: into us-east-2 12 %, into us-west-1 40 %`.
 */
export class RegionProgress {
  readonly #build: Build;
  readonly #imports = new Map<string, WaitProgress>();

  constructor(build: Build) {
    this.#build = build;
  }

  /** @param subject `the export of ami-1a2b3c4d`, `the import into us-east-2` */
  note(subject: string, progress: WaitProgress): void {
    const { emit, currentStep } = this.#build;
    const step = currentStep.name;
    const isImport = subject.startsWith("the import");
    if (isImport) this.#imports.set(subject.replace("the import ", ""), progress);
    if (!isImport || this.#imports.size === 1) {
      emit({ type: "progress", step, subject, ...progress });
      return;
    }
    const waits = [...this.#imports];
    // All are where the slowest is.
    const percent = Math.min(...waits.map(([, wait]) => wait.percent ?? 0));
    const detail = waits.map(([where, wait]) => `${where} ${describe(wait)}`).join(", ");
    const { elapsedMs, timeoutMs } = progress;
    emit({ type: "progress", step, subject: "the imports", state: "under way", percent, detail, elapsedMs, timeoutMs });
  }
}

function describe({ state, percent }: WaitProgress): string {
  return percent === undefined ? state : `${Math.round(percent)} %`;
}
