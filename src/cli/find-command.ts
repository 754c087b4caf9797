import { didYouMean } from "../common/did-you-mean.ts";
import { UsageError } from "../common/errors.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";

/** A command with the arguments that are left for it. */
export interface FoundCommand {
  readonly command: Command;
  readonly argv: readonly string[];
}

/** What Packer has besides, for its own ends: what to do here instead. */
const ofPacker: Readonly<Record<string, string>> = {
  hcl2_upgrade:
    "JSON templates are built as they are. packer hcl2_upgrade web.json writes web.json.pkr.hcl, which is built here, too: see " +
    '"From JSON to HCL" in docs/templates.md',
  fix: "packer fix web.json mends templates of Packer before 1.0; what it writes is built here",
  plugins: "what templates need is built in; outscale-chroot plugin is for a Packer that drives this engine",
};

/**
 * Loads the command that the first words name: `build`, `local-cloud start`, `fleet schedule add`.
 * @throws {UsageError} when there is none of that name
 */
export async function findCommand([name = "", ...argv]: readonly string[]): Promise<FoundCommand> {
  const hint = Object.hasOwn(ofPacker, name) ? ofPacker[name] : undefined;
  if (hint !== undefined) throw new UsageError(`${name} is a command of Packer itself`, { hint });
  return findAction({ command: await pick(commands, name, "command").load(), argv });
}

function findAction({ command, argv }: FoundCommand): FoundCommand {
  const [action, ...rest] = argv;
  if (command.actions === undefined || action === undefined || action.startsWith("-")) return { command, argv };
  return findAction({ command: pick(command.actions, action, "action"), argv: rest });
}

function pick<Value>(from: Readonly<Record<string, Value>>, name: string, what: string): Value {
  const found = Object.hasOwn(from, name) ? from[name] : undefined;
  if (found !== undefined) return found;
  const meant = didYouMean(name, Object.keys(from));
  const hint = meant === undefined ? `there are ${Object.keys(from).join(", ")}` : `did you mean "${meant}"?`;
  throw new UsageError(`There is no ${what} "${name}"`, { hint });
}
