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
  validate: {
    summary: "checks a template without building anything",
    load: async () => (await import("./commands/validate.ts")).validate,
  },
  cleanup: {
    summary: "takes down what dead builds have left",
    load: async () => (await import("./commands/cleanup.ts")).cleanup,
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
    summary: "the Packer plugin: installs it, removes it, tells where it is",
    load: async () => (await import("./commands/plugin.ts")).plugin,
  },
  help: { summary: "tells about a command", load: async () => (await import("./commands/help.ts")).help },
  version: { summary: "prints the version", load: async () => (await import("./commands/version.ts")).versionCommand },
};
