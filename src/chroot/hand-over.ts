/**
 * Variables by which loaders, shells and interpreters find files, or change what they do: in the image they mean its files, and
 * the programs of this machine that lead there would take them from this machine. A path that is free here may be any user's.
 */
const ACTED_ON = new RegExp(
  `^(?:${[
    "LD_\\w+|GLIBC_TUNABLES|GCONV_PATH|GETCONF_DIR|LOCPATH|NLSPATH|HOSTALIASES|RESOLV_\\w+|MALLOC_\\w+", // the C library
    "ENV|BASH_ENV|BASH_XTRACEFD|CDPATH|GLOBIGNORE|IFS|PS4|POSIXLY_CORRECT", // shells
    "PERL\\w+|PYTHON\\w+|RUBY\\w+|NODE_\\w+|LIBMOUNT_\\w+", // what a command_wrapper may be, and mount(8)
  ].join("|")})$`,
);

export interface ShellCall {
  /** The arguments of the image's shell. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A call of the image's shell that can be started by programs of this machine with the same environment: what those would act
 * on has other names on the way, and gets its own in the image. The values stay in the environment, which only root can read.
 * @param shell The image's shell, as it is called in the image
 */
export function handOver(shell: string, { args, env }: ShellCall): ShellCall {
  const names = Object.keys(env).filter((name) => ACTED_ON.test(name));
  if (names.length === 0) return { args, env };
  const passed = new Map(names.map((name, index) => [name, `OUTSCALE_CHROOT_VARIABLE_${index}`]));
  const renamed = Object.entries(env).map(([name, value]) => [passed.get(name) ?? name, value]);
  const lines = [...passed].map(([name, other]) => `export ${name}="$${other}"; unset ${other}`);
  return { args: ["-c", [...lines, `exec ${shell} "$@"`].join("\n"), "sh", ...args], env: Object.fromEntries(renamed) };
}
