import { comparableBuilds } from "../../../src/bake/unchanged/comparable-builds.ts";
import { readInputs } from "../../../src/bake/unchanged/read-inputs.ts";
import { concealed, ownInputs } from "../../../src/builder/product-inputs.ts";
import { writeRecord } from "../../../src/history/history-folder.ts";
import { inputsKey } from "../../../src/history/inputs-key.ts";
import type { RunRecord } from "../../../src/history/run-record.ts";
import type { Image } from "../../../src/outscale/oapi.ts";
import { sampleRecord } from "../report/sample-record.ts";

/** A template as this machine would build it now, in the state folder that the environment names. */
interface RecordInputsInput {
  readonly template: string;
  readonly env: NodeJS.ProcessEnv & { readonly OUTSCALE_CHROOT_STATE: string };
  readonly source: Image;
}

/** Leaves the record that a build of a template with `skip_unchanged` would leave. */
export async function recordInputs({ template, env, source }: RecordInputsInput, more: Partial<RunRecord> = {}) {
  const stateFolder = env.OUTSCALE_CHROOT_STATE;
  const same = await readComparable({ template, env });
  const all = [...(await readInputs(same)), ...ownInputs(same.prepared, source)];
  const inputs = { digest: "v1-00", list: [...concealed(all, inputsKey(stateFolder))] };
  const record = sampleRecord();
  await writeRecord(stateFolder, { ...record, template: { ...record.template, path: template }, inputs, ...more });
}

/** The one build of a template, as it is in every run. */
export async function readComparable({ template, env }: Omit<RecordInputsInput, "source">) {
  const options = { builder: { env, templatePath: template }, readData: undefined };
  const builds = await comparableBuilds({ template, env }, { ...options, own: (all) => all });
  const [same] = builds.values();
  if (same === undefined) throw new Error(`There is no build in ${template}`);
  return same;
}
