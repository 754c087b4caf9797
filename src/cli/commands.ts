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
    summary: "does builds that come over a queue, on a builder VM",
    load: async () => (await import("./commands/worker.ts")).worker,
  },
  fleet: {
    summary: "tells of builds that workers do, and stops them; makes their key",
    load: async () => (await import("./commands/fleet.ts")).fleet,
  },
  init: {
    summary: "checks that what a template requires is here; there is nothing to install",
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
    summary: "tells of the runs of the past: how they ended, and what took how long",
    load: async () => (await import("./commands/runs.ts")).runs,
  },
  omi: {
    summary: "lists the account's own OMIs, and removes old ones",
    load: async () => (await import("./commands/omi.ts")).omi,
  },
  diff: {
    summary: "tells what differs between two images: OMIs, or disk files",
    load: async () => (await import("./commands/diff.ts")).diff,
  },
  verify: {
    summary: "checks who vouches for an OMI, and that it was built from this template",
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  cleanup: {
    summary: "removes what killed builds left behind",
    load: async () => (await import("./commands/cleanup.ts")).cleanup,
  },
  resume: {
    summary: "goes on with a build that failed and kept its volume, or was killed",
    load: async () => (await import("./commands/resume.ts")).resumeCommand,
  },
  shell: {
    summary: "opens a shell in the image of a build that waits or was kept",
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
