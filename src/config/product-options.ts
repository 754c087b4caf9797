import type { RawConfig } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import { sameInEveryRun } from "../go-template/same-in-every-run.ts";
import { accessOptions } from "./options/access.ts";
import { packerOptions } from "./options/packer.ts";
import { regionOptions } from "./options/regions.ts";
import { unchangedOptions } from "./options/unchanged.ts";
import { renderOptions } from "./render-options.ts";
import type { OptionName } from "./schema.ts";

/**
 * Options that do not decide what the product is. Every other does until it is put here: a build too many is no harm, one
 * too few is.
 */
const besideTheProduct: ReadonlySet<string> = new Set<OptionName | string>([
  ...Object.keys(accessOptions),
  ...Object.keys(packerOptions),
  // A copy that is missing is made of the OMI that there is.
  ...Object.keys(regionOptions),
  ...Object.keys(unchangedOptions),
  // What they find counts: the OMI itself.
  ...(["source_omi", "source_omi_filter"] satisfies OptionName[]),
  // The files themselves count.
  ...(["copy_files"] satisfies OptionName[]),
  ...(["device_path", "nvme_device_path", "mount_path", "isolation", "timeouts", "polling"] satisfies OptionName[]),
  ...(["root_volume_tags", "root_volume_tag"] satisfies OptionName[]),
  ...(["force_deregister", "force_delete_snapshot", "skip_create_omi"] satisfies OptionName[]),
]);

/**
 * The options that were given and decide what the product is, rendered as in every other run: two runs with the same ones
 * and the same source make the same. Defaults are left out, as a later version has more of them. Secrets are in it.
 */
export function productOptions(given: RawConfig, context: RenderContext): RawConfig {
  const { now, functions } = sameInEveryRun;
  const { raw } = renderOptions(given, { ...context, now, functions: { ...context.functions, ...functions } });
  return Object.fromEntries(
    Object.entries(raw).filter(([name, value]) => value !== null && !besideTheProduct.has(name)),
  );
}
