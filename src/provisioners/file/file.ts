import { defineProvisioner } from "../define-provisioner.ts";
import { download } from "./download.ts";
import { checkFileOptions, fileShape, filesOf, uploadedFiles } from "./options.ts";
import { upload } from "./upload.ts";

/** Copies files and folders into the image, or out of it. */
export const file = defineProvisioner({
  type: "file",
  options: fileShape,
  check: checkFileOptions,
  localFiles: filesOf,
  notCounted: ["source", "sources", "generated", "download_limit"],
  reads: uploadedFiles,
  run: (options, input) => (options.direction === "download" ? download(options, input) : upload(options, input)),
});
