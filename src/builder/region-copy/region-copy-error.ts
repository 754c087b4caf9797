import { ChrootError, ExitCode, messageOf } from "../../common/errors.ts";

export interface FailedRegion {
  readonly region: string;
  readonly error: unknown;
  /** Something that was made there could not be taken back. */
  readonly isSomethingLeft?: boolean;
}

/** What a person can do then. */
export interface RegionCopyCommands {
  /** Makes the copies that are missing. */
  readonly retry: string;
  /** Takes down what is left. */
  readonly cleanup: string;
}

/** An OMI did not get into every region; it stands in the others. */
export class RegionCopyError extends ChrootError {
  override readonly code = "E_REGION_COPY";
  override readonly exitCode: ExitCode;
  readonly failed: readonly FailedRegion[];

  constructor(failed: readonly FailedRegion[], commands: RegionCopyCommands) {
    const [only, ...others] = failed.map(({ region, error }) => `${region}: ${messageOf(error)}`);
    const regions = failed.map(({ region }) => region).join(", ");
    super(`The copy failed in ${others.length === 0 ? only : `${regions}: ${[only, ...others].join("; ")}`}`, {
      cause: failed.length === 1 ? failed[0]?.error : new AggregateError(failed.map(({ error }) => error)),
      hint: [hintOf(failed), leftThere(failed, commands), `Try again with: ${commands.retry}`]
        .filter(Boolean)
        .join(". "),
    });
    this.failed = failed;
    const codes = new Set(failed.map(({ error }) => (error instanceof ChrootError ? error.exitCode : ExitCode.Failed)));
    const [code = ExitCode.Failed] = codes;
    this.exitCode = codes.size === 1 ? code : ExitCode.Failed;
  }
}

function hintOf([first, ...others]: readonly FailedRegion[]): string | undefined {
  return others.length === 0 && first?.error instanceof ChrootError ? first.error.hint : undefined;
}

/** What has to be done before the copies are made again, in a sentence. */
export function leftThere(failed: readonly FailedRegion[], { cleanup }: Pick<RegionCopyCommands, "cleanup">): string {
  const regions = failed.flatMap(({ region, isSomethingLeft }) => (isSomethingLeft ? [region] : []));
  if (regions.length === 0) return "Nothing of it is left there";
  return `Something of it is left in ${regions.join(", ")}: run "${cleanup}" first`;
}
