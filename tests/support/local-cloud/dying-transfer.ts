// Imports or exports the state of a local cloud, and dies by SIGKILL right before its Nth change of a folder:
// `node BUNDLE import|export STATE_FOLDER FILE N`. It ends by itself when there are not so many.
import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { exportLocalState, importLocalState } from "../../../src/local-cloud/administer-cloud.ts";

const [, , what, stateFolder = "", file = "", dieAt] = process.argv;
let left = Number(dieAt);

/** Everything by which a name comes, goes or gets its content. */
for (const name of ["rename", "symlink", "mkdir", "rm", "open", "chmod", "writeFile"] as const) {
  const real = promises[name] as (...given: unknown[]) => Promise<unknown>;
  Object.assign(promises, {
    [name]: (...given: unknown[]) => {
      left -= 1;
      if (left === 0) process.kill(process.pid, "SIGKILL");
      return real(...given);
    },
  });
}
syncBuiltinESMExports();

await (what === "import" ? importLocalState : exportLocalState)(stateFolder, file);
