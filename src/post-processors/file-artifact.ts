import { rm } from "node:fs/promises";
import type { Artifact } from "./artifact.ts";
import { holds } from "./holds.ts";

interface FileArtifactParts {
  /** Who made it: `packer.post-processor.compress`. */
  readonly builderId: string;
  readonly files: readonly string[];
  /** What it is, before its files: `Created artifact from files`. */
  readonly title: string;
}

/** Files on this machine that a post-processor has made, or taken for the artifact. */
export class FileArtifact implements Artifact {
  readonly builderId: string;
  /** Files have none, as in Packer. */
  readonly id = "";
  readonly files: readonly string[];
  readonly #title: string;

  constructor({ builderId, files, title }: FileArtifactParts) {
    this.builderId = builderId;
    this.files = files;
    this.#title = title;
  }

  string(): string {
    return `${this.#title}: ${this.files.join(", ")}`;
  }

  state(): undefined {
    return undefined;
  }

  async destroy(made: readonly string[] = []): Promise<void> {
    const gone = this.files.filter((file) => !made.some((path) => holds(file, path)));
    for (const file of gone) await rm(file, { recursive: true, force: true });
  }
}
