import { expect, it } from "vitest";
import { CommandError, MissingProgramError } from "./command-error.ts";
import { startFailure } from "./start-failure.ts";

const errno = (code: string) => Object.assign(new Error(`spawn ${code}`), { code });

// What root never meets: a folder of the PATH that may not be searched.
it.each([
  ["EACCES", ["no-such-program-here"], MissingProgramError, "is not installed"],
  ["ENOTDIR", ["no-such-program-here"], MissingProgramError, "is not installed"],
  ["ENOENT", ["/no/such/program"], MissingProgramError, "is not installed"],
  ["EACCES", ["/dev/null", "a b"], CommandError, "Cannot run /dev/null 'a b'"],
  ["ENOENT", ["/dev/null"], CommandError, "the interpreter that it names is not"],
  ["ENOMEM", ["no-such-program-here"], CommandError, "Cannot run no-such-program-here"],
])("startFailure() for %s of %j is a %s: %s", (code, argv, kind, message) => {
  const failure = startFailure(argv, errno(code));
  expect(failure).toBeInstanceOf(kind);
  expect(failure.message).toContain(message);
  if (kind === CommandError) expect(failure).not.toBeInstanceOf(MissingProgramError);
});
