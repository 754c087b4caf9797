/** The type that an option must have in HCL, in HCL's terms. `list(list(string))` is a list of a list. */
export type AttributeType =
  | "string"
  | "number"
  | "bool"
  | { readonly list: AttributeType }
  | { readonly map: AttributeType };

/** The types of options by their names; others are taken as they come. */
export type AttributeTypes = Readonly<Record<string, AttributeType>>;
