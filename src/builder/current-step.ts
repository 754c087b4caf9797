import type { StepName } from "./events.ts";

/** Which step runs now. `step()` alone enters and leaves; a step may run inside another. */
export class CurrentStep {
  #name: StepName | undefined;

  get name(): StepName | undefined {
    return this.#name;
  }

  /** @returns what ends it: then the one around it is the current one again */
  enter(name: StepName): () => void {
    const outer = this.#name;
    this.#name = name;
    return () => {
      this.#name = outer;
    };
  }
}
