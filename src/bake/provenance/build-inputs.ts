import { resolve } from "node:path";
import type { OmiArtifact } from "../../builder/artifact.ts";
import type { GeneratedData } from "../../builder/hook.ts";
import type { Ui } from "../../builder/ui.ts";
import type { ProvenanceStatement, ResourceDescriptor } from "../../evidence/provenance/statement.ts";
import type { RunRecord } from "../../history/run-record.ts";
import { filesOfProvisioners } from "../../provisioners/files-of-provisioners.ts";
import type { PreparedBuild } from "../prepare-builds.ts";
import { baseOf, type DigestedInput, digestInput, type InputPath, inputDescriptor, inputPath } from "./input-files.ts";
import { makeStatement, type TemplateInputs } from "./make-statement.ts";

/** The files that a build is made of, with their digests of when it began. */
export class BuildInputs {
  readonly #template: TemplateInputs;
  readonly #build: PreparedBuild;
  readonly #signal: AbortSignal;
  readonly #begun = new Map<string, DigestedInput>();

  private constructor(template: TemplateInputs, build: PreparedBuild, signal: AbortSignal) {
    this.#template = template;
    this.#build = build;
    this.#signal = signal;
  }

  /** Reads everything that is there before the build. */
  static async begin(template: TemplateInputs, build: PreparedBuild, signal: AbortSignal): Promise<BuildInputs> {
    const inputs = new BuildInputs(template, build, signal);
    for (const input of inputs.#list()) inputs.#begun.set(resolve(input.path), await digestInput(input, signal));
    return inputs;
  }

  /**
   * Looks at all of it again, warns of what is something else now, and says how the record of the run becomes a statement.
   * @param artifact By what it has generated, every path is known
   */
  async provenanceMaker(
    artifact: Pick<OmiArtifact, "state">,
    { warn }: Pick<Ui, "warn">,
  ): Promise<(record: RunRecord) => ProvenanceStatement | null> {
    const { descriptors, changed } = await this.#end(artifact.state("generated_data") as GeneratedData);
    for (const path of changed) {
      warn(`"${path}" was changed while the build ran: the provenance has what it was at the beginning`);
    }
    return (record) => makeStatement(record, this.#template, descriptors) ?? null;
  }

  async #end(
    data: Readonly<Record<string, string>>,
  ): Promise<{ readonly descriptors: readonly ResourceDescriptor[]; readonly changed: readonly string[] }> {
    const base = baseOf(this.#template.path);
    const descriptors: ResourceDescriptor[] = [];
    const changed: string[] = [];
    for (const input of this.#known(this.#list(data))) {
      const now = await digestInput(input, this.#signal);
      const before = this.#begun.get(resolve(input.path));
      const known = before?.digest === undefined ? now : before;
      const isChanged = before?.digest !== undefined && JSON.stringify(before.digest) !== JSON.stringify(now.digest);
      if (isChanged) changed.push(input.path);
      descriptors.push(inputDescriptor(base, known, isChanged));
    }
    return { descriptors, changed };
  }

  /** With what was there at the beginning, and is not even named now: of what has gone there is nothing to find. */
  #known(now: readonly InputPath[]): readonly InputPath[] {
    const named = new Set(now.map(({ path }) => resolve(path)));
    const gone = [...this.#begun].flatMap(([path, { input, digest }]) =>
      named.has(path) || digest === undefined ? [] : input,
    );
    return [...now, ...gone];
  }

  #list(data?: Readonly<Record<string, string>>): readonly InputPath[] {
    const { definition, identity } = this.#build;
    const provisioners = filesOfProvisioners(definition, identity, data);
    const all = [...this.#template.files(), ...provisioners.map((path) => inputPath("provisioner", path))];
    return [...new Map(all.toReversed().map((input) => [resolve(input.path), input])).values()].toReversed();
  }
}
