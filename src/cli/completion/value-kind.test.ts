import { expect, it } from "vitest";
import { argumentsOf } from "./value-kind.ts";

it.each([
  ["build [flags] TEMPLATE", 1, ["template"], false],
  ["console [flags] [TEMPLATE]", 1, ["template"], false],
  ["fmt [flags] PATH...", 1, ["file"], true],
  ["cleanup [flags] [RUN...]", 1, ["nothing"], true],
  ["local-cloud export [flags] IMAGE DISK", 2, ["nothing", "file"], false],
  ["shell [flags] RUN [-- COMMAND...]", 1, ["nothing"], false],
  ["completion bash|zsh|fish", 1, [["bash", "zsh", "fish"]], false],
  ["help [COMMAND [ACTION]]", 1, ["command", "nothing"], false],
  ["schema [pkr-json | legacy-json]", 1, [["pkr-json", "legacy-json"]], false],
  ["language-server [flags]", 1, [], false],
])("argumentsOf() %j", (usage, depth, kinds, isRepeated) => {
  expect(argumentsOf(usage, depth)).toEqual({ kinds, isRepeated });
});
