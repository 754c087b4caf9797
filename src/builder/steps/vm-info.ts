import { ConfigError, DeviceError } from "../../common/errors.ts";
import { readVmId } from "../../outscale/metadata.ts";
import type { Vm } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { step } from "../step.ts";

/** The VM that this program runs on. */
export interface BuilderVm {
  readonly id: string;
  /** Volumes can only be linked within it. */
  readonly subregionName: string;
}

/**
 * Finds out which VM this is: `vm_id` if it is given, else what the metadata service says.
 * @throws {ConfigError} when the account has no such VM
 */
export const readVm = step("StepVmInfo", async (build: Build): Promise<BuilderVm> => {
  const { config, ui, signal } = build;
  ui.say("Gathering information about this VM...");
  const id = config.vmId ?? (await readVmId({ endpoint: config.metadataEndpoint, signal }));
  const vm = await describeVm(build, id);
  const subregionName = vm.Placement?.SubregionName;
  if (subregionName === undefined)
    throw new DeviceError(`The service does not say which subregion ${id} is in`, { resourceId: id });
  assertRegion(build, { id, subregionName });
  ui.message(`This is ${id}, in ${subregionName}`);
  return { id, subregionName };
});

/**
 * An endpoint of one's own may be of another region than the one that is named: the OMI's id would then name the wrong one.
 * @throws {ConfigError} when the VM is in another region
 */
function assertRegion({ region }: Build, { id, subregionName }: BuilderVm): void {
  if (subregionName.startsWith(region)) return;
  const problem = { option: "region", message: `is ${region}, but ${id} is in ${subregionName}` };
  throw new ConfigError([problem], {
    resourceId: id,
    hint: "Set region, or OSC_REGION, to that of this VM; custom_endpoint_oapi must be the endpoint of the same region",
  });
}

/** The VM as the service knows it now. */
export async function describeVm({ api, signal, config }: Build, id: string): Promise<Vm> {
  const { Vms } = await api.readVms({ Filters: { VmIds: [id] } }, { signal });
  const vm = Vms[0];
  if (vm !== undefined) return vm;
  const problem = {
    option: "vm_id",
    message: `the account has no VM ${id}${config.vmId ? "" : ", which the metadata service names as this one"}`,
  };
  throw new ConfigError([problem], {
    resourceId: id,
    hint: "The credentials must be those of the account and region that this VM is in",
  });
}
