import { type HclShapes, hclShapes } from "../config/hcl-shape.ts";
import type { AttributeTypes } from "../definition/attribute-type.ts";
import { postProcessorTypes } from "../post-processors/registry.ts";
import { provisionerTypes } from "../provisioners/registry.ts";
import type { LoadOptions } from "../template/load-template.ts";
import { BUILDER_TYPE } from "./builder-type.ts";
import { OMI_DATA_SOURCE, omiDataShape } from "./read-data-source.ts";

/** How the options of what is built here are written in HCL; of what others build, nothing is known. */
export const shapeOf: NonNullable<LoadOptions["shapeOf"]> = (kind, type) => {
  switch (kind) {
    case "source":
      return type === BUILDER_TYPE ? hclShapes : {};
    case "data":
      return type === OMI_DATA_SOURCE ? omiDataShape : {};
    case "provisioner":
      return attributes(provisionerTypes.get(type)?.hclTypes);
    case "post-processor":
      return attributes(postProcessorTypes.get(type)?.hclTypes);
  }
};

function attributes(types: AttributeTypes = {}): HclShapes {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { kind: "attribute", type }]));
}
