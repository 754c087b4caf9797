import { Ajv, type ValidateFunction } from "ajv";
import { readOapiFacts } from "../support/outscale/read-oapi.ts";

/** Checks bodies against the API's description. */
export interface OapiValidator {
  /** The actions that the description has. */
  readonly actions: readonly string[];
  /** What is wrong with a body, in words; empty when it is valid. */
  problemsOf(schema: string, body: unknown): readonly string[];
}

export function loadValidator(): OapiValidator {
  const { actions, schemas } = readOapiFacts();
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: { "date-time": isDateTime, date: isDate, byte: isBase64, int64: true },
  });
  ajv.addSchema({ $id: "oapi", components: { schemas } });
  return {
    actions,
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
