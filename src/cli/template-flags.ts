import type { Flags } from "./flags.ts";

/** The flags of every command that reads a template, as Packer has them. */
export const templateFlags = {
  var: { type: "strings", value: "NAME=VALUE", about: "gives a variable a value; may be repeated" },
  "var-file": {
    type: "strings",
    value: "FILE",
    about: "a file of values for variables (HCL or JSON); may be repeated",
  },
  only: { type: "strings", isList: true, value: "NAMES", about: "only these builds; names may have wildcards" },
  except: { type: "strings", isList: true, value: "NAMES", about: "not these builds and post-processors" },
  "warn-on-undeclared-var": { type: "boolean", about: "warns of values in files for variables that are not declared" },
} as const satisfies Flags;
