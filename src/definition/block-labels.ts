/** Names of blocks, each with what its labels name. */
export type BlockLabels = Readonly<Record<string, readonly string[]>>;

/** What may stand in a template. */
export const TEMPLATE_BLOCKS: BlockLabels = {
  packer: [],
  variable: ["name"],
  variables: [],
  local: ["name"],
  locals: [],
  data: ["type", "name"],
  source: ["type", "name"],
  build: [],
  hcp_packer_registry: [],
};

/** What may stand in a `build` block. */
export const BUILD_BLOCKS: BlockLabels = {
  from: ["type"],
  source: ["reference"],
  provisioner: ["type"],
  "error-cleanup-provisioner": ["type"],
  "post-processor": ["type"],
  "post-processors": [],
  hcp_packer_registry: [],
  dynamic: ["block type"],
};
