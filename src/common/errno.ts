/** Is this the error of a system call with one of these names, such as `ENOENT`? */
export function isErrno(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && "code" in error && names.includes(String(error.code));
}

/** For `catch`: passes over the errors of system calls with these names, and throws every other again. */
export function ignoreErrno(...names: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!isErrno(error, ...names)) throw error;
    return undefined;
  };
}
