import { describe, expect, it } from "vitest";
import { recordingIo } from "../../tests/support/terminal/recording-io.ts";
import { UsageError } from "../common/errors.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";

const withActions = (command: Command): Command[] => [
  command,
  ...Object.values(command.actions ?? {}).flatMap(withActions),
];
const all = (await Promise.all(Object.values(commands).map(({ load }) => load()))).flatMap(withActions);

/** Each flag with its command, as a person would type it. */
const flags = all.flatMap((command) =>
  Object.entries(command.flags).map(([name, flag]) => {
    const argv = flag.type === "boolean" ? [`-${name}`] : [`-${name}`, flag.choices?.[0] ?? "1"];
    return { command, name, flag, argv };
  }),
);

async function refusalOf(command: Command, argv: readonly string[]): Promise<Error> {
  const run = command.run({ argv, io: recordingIo(), runPlugin: async () => 0 });
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, `${command.usage}: ${argv.join(" ")}`).toBeInstanceOf(UsageError);
  return error as UsageError;
}

describe("a flag that has no effect without another", () => {
  it("names one of its own command", () => {
    for (const { command, name, flag } of flags)
      if (flag.needs !== undefined)
        expect(Object.keys(command.flags), `${command.usage} -${name}`).toContain(flag.needs);
  });

  it("is -local-state, wherever it is: the real account would be meant", () => {
    const found = flags.filter(({ name }) => name === "local-state");
    expect(found.length).toBeGreaterThan(8);
    for (const { command, flag } of found) expect(flag.needs, command.usage).toBe("local");
  });

  it.each(
    flags.filter(({ flag }) => flag.needs !== undefined).map((each) => [each.command.usage, each.name, each] as const),
  )("is refused: %s: -%s", async (_, name, { command, flag, argv }) => {
    const { message } = await refusalOf(command, argv);
    expect(message).toBe(`-${name} needs -${flag.needs}: alone it has no effect`);
  });

  it.each([
    ["build", "-detach web.pkr.hcl", "-detach needs -queue"],
    ["build", "-label arm web.pkr.hcl", "-label needs -queue"],
    ["build", "-provenance-key a.pem web.pkr.hcl", "-provenance-key needs -provenance"],
    ["console", "-evaluate-datasources", "-evaluate-datasources needs a template"],
    ["console", "-var a=1", "Variables need a template"],
    ["plugin install", "-as-version 1.0.0", "-as-version goes with -as outscale"],
    ["validate", "-syntax-only -check-account web.pkr.hcl", "-check-account looks at more than -syntax-only"],
  ])("is refused: %s %s", async (name, line, message) => {
    const command = all.find(({ usage }) => usage.startsWith(`${name} `));
    if (command === undefined) throw new Error(`There is no ${name}`);
    expect((await refusalOf(command, line.split(" "))).message).toContain(message);
  });
});
