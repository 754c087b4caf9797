import { describe, expect, it } from "vitest";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import { commandText, overviewText } from "./help-text.ts";

async function allCommands(): Promise<readonly Command[]> {
  const withActions = (command: Command): Command[] => [
    command,
    ...Object.values(command.actions ?? {}).flatMap(withActions),
  ];
  return (await Promise.all(Object.values(commands).map(({ load }) => load()))).flatMap(withActions);
}

describe("commandText()", () => {
  it("says of each action a whole sentence, the first one, however its text is broken into lines", async () => {
    const all = await allCommands();
    const withActions = all.filter(({ actions }) => actions !== undefined);
    expect(withActions.length).toBeGreaterThan(4);
    for (const command of withActions) {
      const text = commandText(command).replaceAll(/\s+/g, " ");
      for (const { usage, about } of Object.values(command.actions ?? {})) {
        const sentence = /^.*?\.(?= |$)/.exec(about.replaceAll("\n", " "))?.[0] ?? "";
        expect(sentence.length, usage).toBeGreaterThan(20);
        expect(text, usage).toContain(`${usage} ${sentence}`);
      }
    }
  });

  it("has no line that is longer than 120 columns but what is to be copied", async () => {
    for (const command of await allCommands()) {
      const [table = ""] = commandText(command).split("\nExamples:");
      const lines = table.replace(`\n${command.about}\n`, "").split("\n");
      expect(
        lines.filter((line) => line.length > 120 && !line.startsWith("Usage:")),
        command.usage,
      ).toEqual([]);
    }
    expect(
      overviewText()
        .split("\n")
        .filter((line) => line.length > 120),
    ).toEqual([]);
  });
});
