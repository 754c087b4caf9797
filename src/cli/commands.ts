import type { Command } from "./command.ts";

/** A command before its code is loaded: the list of commands needs no more. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every command. Each is a chunk of its own, so that none pays for the others' start-up. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  build: {
    summary: "bakes the images of a template",
    load: async () => (await import("./commands/build.ts")).build,
  },
  worker: {
    summary: "takes builds from a queue and bakes them on this VM",
    load: async () => (await import("./commands/worker.ts")).worker,
  },
  fleet: {
    summary: "shows and stops the builds of workers; makes the fleet key",
    load: async () => (await import("./commands/fleet.ts")).fleet,
  },
  init: {
    summary: "checks what a template requires; there is nothing to install",
    load: async () => (await import("./commands/init.ts")).init,
  },
  validate: {
    summary: "checks a template without building anything",
    load: async () => (await import("./commands/validate.ts")).validate,
  },
  inspect: {
    summary: "shows what is in a template",
    load: async () => (await import("./commands/inspect.ts")).inspect,
  },
  plan: {
    summary: "shows what a build would do, step by step",
    load: async () => (await import("./commands/plan.ts")).plan,
  },
  fmt: {
    summary: "formats templates and variable files",
    load: async () => (await import("./commands/fmt.ts")).fmt,
  },
  console: {
    summary: "evaluates expressions of a template",
    load: async () => (await import("./commands/console.ts")).consoleCommand,
  },
  runs: {
    summary: "shows past runs: how they ended, and how long each part took",
    load: async () => (await import("./commands/runs.ts")).runs,
  },
  omi: {
    summary: "lists, copies and removes the account's own OMIs",
    load: async () => (await import("./commands/omi.ts")).omi,
  },
  diff: {
    summary: "shows what differs between two images: OMIs or disk files",
    load: async () => (await import("./commands/diff.ts")).diff,
  },
  verify: {
    summary: "checks who signed for an OMI, and that it was built from this template",
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  cleanup: {
    summary: "removes what killed builds left behind",
    load: async () => (await import("./commands/cleanup.ts")).cleanup,
  },
  resume: {
    summary: "continues a build that failed and kept its volume, or was killed",
    load: async () => (await import("./commands/resume.ts")).resumeCommand,
  },
  shell: {
    summary: "opens a shell in the image of a build that is paused or was kept",
    load: async () => (await import("./commands/shell.ts")).shell,
  },
  "local-cloud": {
    summary: "an OUTSCALE cloud on this machine, for trying and testing",
    load: async () => (await import("./commands/local-cloud.ts")).localCloud,
  },
  plugin: {
    summary: "the Packer plugin: installs it, removes it, shows where it is",
    load: async () => (await import("./commands/plugin.ts")).plugin,
  },
  completion: {
    summary: "prints a script that completes commands in a shell",
    load: async () => (await import("./commands/completion.ts")).completion,
  },
  schema: {
    summary: "prints a JSON Schema of templates, or of the builder's options",
    load: async () => (await import("./commands/schema.ts")).schema,
  },
  "language-server": {
    summary: "helps an editor with templates, over the Language Server Protocol",
    load: async () => (await import("./commands/language-server.ts")).languageServer,
  },
  help: { summary: "explains a command", load: async () => (await import("./commands/help.ts")).help },
  version: { summary: "prints the version", load: async () => (await import("./commands/version.ts")).versionCommand },
};
