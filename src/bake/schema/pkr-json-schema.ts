import { BUILDER_TYPE } from "../builder-type.ts";
import { OMI_DATA_SOURCE } from "../read-data-source.ts";
import { builderProperties } from "./builder-schema.ts";
import { type ComponentKind, componentProperties } from "./component-schema.ts";
import { type Dialect, extraProperties, hclJson, type JsonSchema } from "./loosen.ts";

const any: JsonSchema = {};
const text: JsonSchema = { type: "string" };
const flag: JsonSchema = { anyOf: [{ type: "boolean" }, text] };
const anyObject: JsonSchema = { type: "object" };

/** A whole `.pkr.json` as a JSON Schema (draft 2020-12): HCL's JSON syntax, in which labels are properties. */
export function pkrJsonSchema(): JsonSchema {
  return new PkrJsonSchema().whole();
}

class PkrJsonSchema {
  readonly #dialect: Dialect = hclJson();

  whole(): JsonSchema {
    const packer = this.#closed({ required_version: text, required_plugins: this.#blocks("plugins", anyObject) });
    const local = this.#closed({ expression: any, sensitive: flag });
    const options = builderProperties(this.#dialect);
    const objects = this.#labelled("any-labelled", anyObject);
    const body = this.#closed({
      packer: this.#blocks("packer", packer),
      variable: this.#labelled("variable", this.#variable()),
      variables: this.#blocks("variables", anyObject),
      locals: this.#blocks("locals", anyObject),
      local: this.#labelled("local", local),
      data: this.#byType("data", { [OMI_DATA_SOURCE]: this.#labelled("outscale-omi", this.#omiData()) }, objects),
      source: this.#byType("source", { [BUILDER_TYPE]: this.#labelled("builder", this.#closed(options)) }, objects),
      build: this.#blocks("build", this.#build(options)),
      hcp_packer_registry: this.#blocks("registry", anyObject),
    });
    return {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "Packer template in JSON (.pkr.json), built by outscale-chroot",
      ...body,
      $defs: this.#dialect.shared.definitions,
    };
  }

  #variable(): JsonSchema {
    const validation = this.#closed({ condition: any, error_message: text });
    return this.#closed({
      type: text,
      default: any,
      description: text,
      sensitive: flag,
      validation: this.#blocks("validation", validation),
    });
  }

  /** The options of `source_omi_filter`, and those that say how the account is reached. */
  #omiData(): JsonSchema {
    const filter = this.#dialect.shared.definitions["source_omi_filter-block"]?.properties ?? {};
    return { type: "object", properties: filter };
  }

  #build(options: Readonly<Record<string, JsonSchema>>): JsonSchema {
    const provisioner = this.#components("provisioner");
    const postProcessor = this.#components("post-processor");
    return this.#closed({
      name: text,
      description: text,
      sources: { anyOf: [{ type: "array", items: text }, text] },
      source: this.#labelled("source-of-build", this.#closed({ ...options, name: text })),
      provisioner,
      "error-cleanup-provisioner": provisioner,
      "post-processor": postProcessor,
      "post-processors": this.#blocks("post-processors", this.#closed({ "post-processor": postProcessor })),
      hcp_packer_registry: this.#blocks("registry", anyObject),
    });
  }

  #components(kind: ComponentKind): JsonSchema {
    const common = kind === "provisioner" ? { name: text, continue_on_error: flag } : {};
    const types = [...componentProperties(kind, this.#dialect)].map(([type, own]) => {
      return [type, this.#blocks(`${kind}-${type}`, this.#closed({ ...own, ...common }))] as const;
    });
    return this.#byType(kind, Object.fromEntries(types), this.#blocks("any", anyObject));
  }

  /** A body that holds nothing else. */
  #closed(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
    const all = { ...properties, ...extraProperties(this.#dialect) };
    return { type: "object", properties: all, additionalProperties: false };
  }

  /** One block, or a list of them. */
  #blocks(name: string, body: JsonSchema): JsonSchema {
    const shared = this.#dialect.shared.share(name, body);
    return { anyOf: [shared, { type: "array", items: shared }, { type: "null" }] };
  }

  /** Blocks by their label. */
  #labelled(name: string, body: JsonSchema): JsonSchema {
    const byLabel = { ...anyObject, properties: { "//": any }, additionalProperties: this.#blocks(name, body) };
    return this.#blocks(`${name}-by-name`, byLabel);
  }

  /** Blocks by a label that says what they may hold; of types that others have, nothing is known. */
  #byType(name: string, known: Readonly<Record<string, JsonSchema>>, other: JsonSchema): JsonSchema {
    const byLabel = { ...anyObject, properties: { ...known, "//": any }, additionalProperties: other };
    return this.#blocks(`${name}-by-type`, byLabel);
  }
}
