import { ExitCode } from "../common/errors.ts";
import { describePlugin, identityOf } from "../plugin-install/plugin-name.ts";
import type { Io } from "../terminal/io.ts";
import { readTask } from "./arguments.ts";

/** Packer sets this for the plugins that it starts. It is no secret: it keeps people from starting one by mistake. */
const COOKIE_VARIABLE = "PACKER_PLUGIN_MAGIC_COOKIE";
const COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

export interface RunPluginInput {
  readonly argv: readonly string[];
  readonly io: Pick<Io, "stdout" | "stderr" | "env" | "onSignal">;
  /** The plugin's own file, whose name says which plugin it is. */
  readonly file: string;
  /** See {@link ServeInput.onWorked} */
  readonly onWorked?: ((isWhole: boolean) => void) | undefined;
}

/**
 * Runs the plugin's program: `describe` for a Packer that looks around, `start` for one that builds.
 * @returns the exit code
 */
export async function runPlugin({ argv, io, file, onWorked }: RunPluginInput): Promise<number> {
  const task = readTask(argv);
  if (task.kind === "describe") {
    io.stdout.writeExact(`${describePlugin(identityOf(file))}\n`);
    return ExitCode.Success;
  }
  if (task.kind === "unknown" || io.env[COOKIE_VARIABLE] !== COOKIE) {
    io.stderr.write(explanation(task.kind === "unknown" ? task.reason : undefined));
    return ExitCode.Failed;
  }
  // Packer asks every plugin to describe itself at every start: that must not wait for the engine to load.
  const [{ servePlugin }, { maskEnvironment }] = await Promise.all([
    import("./serve.ts"),
    import("../outscale/mask-environment.ts"),
  ]);
  maskEnvironment(io.env);
  await servePlugin({ ...task, io, onWorked, parentProgram: `/proc/${process.ppid}/exe` });
  return ExitCode.Success;
}

function explanation(reason: string | undefined): string {
  const lines = [
    ...(reason === undefined ? [] : [reason, ""]),
    "This is a plugin of Packer's, which builds OUTSCALE machine images in a chroot.",
    "Packer starts it by itself when a template has a source of the type outscale-chroot:",
    "",
    "    packer build template.pkr.hcl",
    "",
    'To build without Packer, run "outscale-chroot build template.pkr.hcl".',
    'Where Packer looks for plugins, "outscale-chroot plugin status" tells.',
  ];
  return `${lines.join("\n")}\n`;
}
