import type { Examination } from "../bake/examine.ts";
import type { Declaration, Use } from "./symbols.ts";
import type { TextFile } from "./text-file.ts";
import type { Unit, Workspace } from "./workspace.ts";

/** What questions about a template are answered with. */
export interface Knowledge {
  readonly workspace: Workspace;
  readonly unit: Unit;
  /** Values and types, as of the last time that the template could be read. */
  readonly declared: Examination["declared"];
}

/** A declaration with the file that has it. */
export interface Found<Item> {
  readonly file: TextFile;
  readonly item: Item;
}

export function declarationsOf({ workspace, unit }: Knowledge): readonly Found<Declaration>[] {
  return unit.templates.flatMap((file) => workspace.symbolsOf(file).declarations.map((item) => ({ file, item })));
}

/** Uses of an address in the template and in its files of values. */
export function usesOf({ workspace, unit }: Knowledge, address: string): readonly Found<Use>[] {
  return [...unit.templates, ...unit.autoVariables, ...unit.variables].flatMap((file) =>
    workspace
      .symbolsOf(file)
      .uses.filter((use) => use.address === address)
      .map((item) => ({ file, item })),
  );
}

/** What is named at an offset: by its declaration or by a use of it. */
export function symbolAt(workspace: Workspace, file: TextFile, offset: number): Use | undefined {
  const { declarations, uses } = workspace.symbolsOf(file);
  const named = declarations.map(({ address, nameSpan: span }) => ({ address, span }));
  return [...uses, ...named].find(({ span }) => span.start <= offset && offset <= span.end);
}
