import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CancelledError, ConfigError, ExitCode, LeftoverError, MountError, TimeoutError } from "../../common/errors.ts";
import { Diagnostics, TemplateError } from "../../hcl/source/diagnostic.ts";
import { SourceFile } from "../../hcl/source/source-file.ts";
import { commonExitCode, errorText, exitCodeOf } from "./error-text.ts";

describe("errorText()", () => {
  it("tells what happened, why, where and what to do", () => {
    const error = new MountError('Cannot mount "/dev/xvdf1" on "/mnt/root"', {
      target: "/mnt/root",
      cause: new Error("wrong fs type"),
      hint: "Look at the file system",
      resourceId: "vol-12345678",
    });
    error.step = "StepMountDevice";
    expect(errorText(error)).toBe(
      [
        'Error: Cannot mount "/dev/xvdf1" on "/mnt/root": wrong fs type',
        "  step      StepMountDevice",
        "  resource  vol-12345678",
        "  code      E_MOUNT",
        "  hint      Look at the file system",
        "",
      ].join("\n"),
    );
  });

  it("lists every problem of a configuration with its place", () => {
    const problems = [
      {
        option: "omi_nmae",
        message: "is not an option",
        hint: 'did you mean "omi_name"?',
        location: "web.pkr.hcl:3:5",
      },
      { option: "source_omi", message: "is required" },
    ];
    expect(errorText(new ConfigError(problems))).toBe(
      [
        "Error: the configuration has 2 problems",
        "  web.pkr.hcl:3:5: omi_nmae: is not an option",
        '    hint: did you mean "omi_name"?',
        "  source_omi: is required",
        "",
      ].join("\n"),
    );
  });

  it("tells what is said of all problems of a configuration together", () => {
    const problems = [{ option: "omi_name", message: "is taken" }];
    const error = new ConfigError(problems, { resourceId: "ami-12345678", hint: "Choose another name" });
    error.step = "StepPreValidate";
    expect(errorText(error)).toBe(
      [
        "Error: the configuration has a problem",
        "  omi_name: is taken",
        "  step      StepPreValidate",
        "  resource  ami-12345678",
        "  hint      Choose another name",
        "",
      ].join("\n"),
    );
  });

  it("shows the line of a template, with what is wrong underlined", () => {
    const source = new SourceFile("web.pkr.hcl", "a = 1\nregion = var.regon\n");
    const diagnostics = new Diagnostics();
    diagnostics.error("Unknown variable", "There is none of that name.", { source, start: 15, end: 24 });
    expect(errorText(new TemplateError(diagnostics.all))).toBe(
      [
        "Error: Unknown variable",
        "",
        "  on web.pkr.hcl:2:10:",
        "  2 | region = var.regon",
        "    |          ^^^^^^^^^",
        "",
        "There is none of that name.",
        "",
      ].join("\n"),
    );
  });

  it("paints the first word on a terminal", () => {
    expect(errorText(new TimeoutError("Late"), { color: true })).toMatch(
      /^\u001b\[1m\u001b\[31mError:\u001b\[39m\u001b\[22m Late/,
    );
  });

  it("shows the stack of a bug", () => {
    const text = errorText(new TypeError("x is undefined"));
    expect(text).toMatch(/^Bug: this should not have happened, in outscale-chroot \d/);
    expect(text).toContain("error-text.test.ts");
  });

  it("tells what the system refuses without a stack", () => {
    let error: unknown;
    try {
      readFileSync("/nowhere/at/all");
    } catch (thrown) {
      error = thrown;
    }
    expect(errorText(error)).toBe(
      "Error: the system refuses: ENOENT: no such file or directory, open '/nowhere/at/all'\n",
    );
  });

  it("puts what failed while cleaning up after the error itself", () => {
    const error = new TimeoutError("The volume is not available");
    const later = new MountError("Cannot unmount", { target: "/mnt" });
    const suppressed = Object.assign(new Error("suppressed"), { error: later, suppressed: error });
    const [first, ...others] = errorText(suppressed).split("\n");
    expect(first).toBe("Error: The volume is not available");
    expect(others).toContain("Error while cleaning up: Cannot unmount");
  });
});

describe("exitCodeOf()", () => {
  it.each([
    [new CancelledError(), ExitCode.Interrupted],
    [new TimeoutError("late"), ExitCode.Timeout],
    [new LeftoverError("busy", { leftovers: ["vol-1a2b3c4d"] }), ExitCode.Leftover],
    [new Error("bug"), ExitCode.Failed],
    ["thrown text", ExitCode.Failed],
    [new AggregateError([new TimeoutError("a"), new TimeoutError("b")]), ExitCode.Timeout],
    [new AggregateError([new TimeoutError("a"), new CancelledError()]), ExitCode.Failed],
  ])("of %s is %i", (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe("commonExitCode()", () => {
  it("is 1 when failures differ", () => {
    expect(commonExitCode([ExitCode.Api, ExitCode.Api])).toBe(ExitCode.Api);
    expect(commonExitCode([ExitCode.Api, ExitCode.Mount])).toBe(ExitCode.Failed);
  });
});
