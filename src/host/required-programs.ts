import { ChrootError, ExitCode } from "../common/errors.ts";
import { findProgram } from "./program-path.ts";
import { type Feature, installHint, REQUIRED_PROGRAMS, type RequiredProgram } from "./system-programs.ts";

/** Programs are not installed; `programs` has each. */
export class MissingProgramsError extends ChrootError {
  override readonly code = "E_MISSING_PROGRAM";
  override readonly exitCode = ExitCode.Command;
  readonly programs: readonly RequiredProgram[];

  constructor(programs: readonly RequiredProgram[]) {
    const names = programs.map(({ name }) => name);
    super(`Programs are missing: ${names.join(", ")}`, { hint: installHint(names) });
    this.programs = programs;
  }
}

/**
 * Checks that the programs of these features are installed.
 * @param searchPath Folders with `:` between; those that our commands are looked up in when absent
 * @throws {MissingProgramsError} that lists all that are missing, with their packages
 */
export async function checkPrograms(features: readonly Feature[], searchPath?: string): Promise<void> {
  const wanted = new Map(features.flatMap((feature) => REQUIRED_PROGRAMS[feature]).map((each) => [each.name, each]));
  const missing = [...wanted.values()].filter(({ name }) => findProgram(name, searchPath) === undefined);
  if (missing.length > 0) throw new MissingProgramsError(missing);
}
