import { describe, expect, it } from "vitest";
import type { CopiedOmi } from "../../../bake/omis/copy-omi.ts";
import type { RegionCopy } from "../../../builder/region-copy/copy-image.ts";
import { CancelledError, ExitCode, TimeoutError } from "../../../common/errors.ts";
import { copyFailure } from "./copy-failure.ts";

const accountId = "123456789012";
const there = { accountId, imageId: "ami-2", name: "web", snapshotIds: [], differences: [] };
const copied = (region: string): RegionCopy => ({ region, outcome: "copied", ...there });
const without = (region: string, error: Error, isSomethingLeft = false): RegionCopy => {
  const outcome = error instanceof CancelledError ? "cancelled" : "failed";
  return { region, accountId, outcome, error, isSomethingLeft };
};
const stopped = new CancelledError("Stopped by SIGINT");
const late = new TimeoutError("it is late", { hint: "Wait longer" });

function failure(copies: readonly RegionCopy[], isSomethingLeft = false) {
  const omi: CopiedOmi = {
    imageId: "ami-1",
    name: "web",
    region: "eu-west-2",
    runId: "0123456789ab",
    copies,
    isSomethingLeft,
  };
  return copyFailure(omi, { retry: (regions) => `copy ${regions.join()}`, cleanup: "cleanup 0123456789ab" });
}

describe("copyFailure()", () => {
  it("has nothing to say when every copy stands", () => {
    expect(failure([copied("us-east-2")])).toBeUndefined();
  });

  it("says what finishes it", () => {
    const error = failure([copied("us-east-2"), without("us-west-1", late)]);
    expect(error).toMatchObject({ code: "E_REGION_COPY", message: "The copy failed in us-west-1: it is late" });
    expect(error?.hint).toBe("Wait longer. Nothing of it is left there. Try again with: copy us-west-1");
  });

  it("says of a copy that was stopped what had failed by then", () => {
    const error = failure([without("us-east-2", stopped), without("us-west-1", late, true)]);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error?.message).toBe(
      "Stopped by SIGINT: there is no copy in us-east-2, us-west-1. The copy failed in us-west-1: it is late",
    );
    expect(error?.hint).toBe(
      'Something of it is left in us-west-1: run "cleanup 0123456789ab" first. To finish it: copy us-east-2,us-west-1',
    );
    expect(error?.exitCode).toBe(ExitCode.Interrupted);
  });

  it("names the command that takes down what else is left", () => {
    const error = failure([copied("us-east-2")], true);
    expect(error).toMatchObject({ code: "E_LEFTOVER" });
    expect(error?.hint).toBe("Free what is named above, then run: cleanup 0123456789ab");
  });
});
