import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { parse } from "yaml";

/** The API's own description; it lies beside the repository, not in it. */
const DESCRIPTION = join(import.meta.dirname, "../../../shared/reference/oapi-subset.yaml");

export const hasDescription = existsSync(DESCRIPTION);

/** Checks bodies against the API's description. */
export interface OapiValidator {
  /** The actions that the description has. */
  readonly actions: readonly string[];
  /** What is wrong with a body, in words; empty when it is valid. */
  problemsOf(schema: string, body: unknown): readonly string[];
}

/** @throws when the description is absent, see {@link hasDescription} */
export function loadValidator(): OapiValidator {
  const description = parse(readFileSync(DESCRIPTION, "utf8"));
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: { "date-time": isDateTime, date: isDate, byte: isBase64, int64: true },
  });
  ajv.addSchema({ $id: "oapi", components: description.components });
  return {
    actions: Object.keys(description.paths).map((path) => path.slice(1)),
    problemsOf: (schema, body) => {
      const validate: ValidateFunction | undefined = ajv.getSchema(`oapi#/components/schemas/${schema}`);
      if (!validate) return [`the description has no schema ${schema}`];
      validate(body);
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${schema}${instancePath} ${message} ${JSON.stringify(params)}`,
      );
    },
  };
}

/** Access keys have `+0000` where everything else has `Z`. */
function isDateTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|\+0000)$/.test(text) && !Number.isNaN(Date.parse(text));
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+=*$/.test(text);
}
