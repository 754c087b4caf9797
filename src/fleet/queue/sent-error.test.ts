import { describe, expect, it } from "vitest";
import { unwrapFailure } from "../../builder/unwrap-failure.ts";
import { CancelledError, ConfigError, ProvisionError } from "../../common/errors.ts";
import { errorOfSent, sentErrorOf } from "./sent-error.ts";

/** To another machine and back. */
const travelled = (error: unknown) => errorOfSent(JSON.parse(JSON.stringify(sentErrorOf(error))));

describe("errorOfSent()", () => {
  it("gives an error with the words, codes, step and resource of the one that was sent", () => {
    const error = new ProvisionError("It failed", {
      cause: new Error("no space"),
      hint: "free some",
      resourceId: "vol-1",
    });
    error.step = "StepChrootProvision";
    expect(travelled(error)).toMatchObject({
      ...{ message: "It failed: no space", code: "E_PROVISION", exitCode: 10, hint: "free some" },
      ...{ resourceId: "vol-1", step: "StepChrootProvision" },
    });
    expect(travelled(new CancelledError())).toMatchObject({ code: "E_CANCELLED", exitCode: 130 });
  });

  it("keeps every problem of a configuration, with its place", () => {
    const problems = [{ option: "omi_name", message: "is taken", location: "web.pkr.hcl:3:1" }];
    expect(travelled(new ConfigError(problems))).toMatchObject({ problems, code: "E_CONFIG", exitCode: 4 });
  });

  it("keeps what went wrong in the clean-up after it", () => {
    const suppressed = new ProvisionError("It failed");
    const thrown = Object.assign(new Error("x"), { error: new Error("The volume stays"), suppressed });
    const { error, releaseErrors } = unwrapFailure(travelled(thrown));
    expect(error).toMatchObject({ code: "E_PROVISION" });
    expect(releaseErrors).toMatchObject([{ message: expect.stringContaining("The volume stays") }]);
  });

  it("gives a bug as a failure with its stack, and takes no exit code that there is not", () => {
    expect(travelled(new TypeError("x is undefined"))).toMatchObject({ code: "E_BUG", exitCode: 1 });
    const odd = { code: "E_X", exitCode: 77, message: "x", cleanup: [] };
    expect(errorOfSent(odd)).toMatchObject({ exitCode: 1 });
  });
});
