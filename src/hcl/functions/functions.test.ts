import { gunzipSync } from "node:zlib";
import bcryptjs from "bcryptjs";
import { describe, expect, it } from "vitest";
import { describeResult, evaluateExpression } from "../../../tests/support/hcl/evaluate-expression.ts";
import { cidrCases } from "../../../tests/support/hcl/function-cases/cidr.ts";
import { datesCases } from "../../../tests/support/hcl/function-cases/dates.ts";
import { documentsCases } from "../../../tests/support/hcl/function-cases/documents.ts";
import { encodingCases } from "../../../tests/support/hcl/function-cases/encoding.ts";
import { formatCases } from "../../../tests/support/hcl/function-cases/format.ts";
import { listsCases } from "../../../tests/support/hcl/function-cases/lists.ts";
import { mapsCases } from "../../../tests/support/hcl/function-cases/maps.ts";
import { numbersCases } from "../../../tests/support/hcl/function-cases/numbers.ts";
import { regexCases } from "../../../tests/support/hcl/function-cases/regex.ts";
import { stringsCases } from "../../../tests/support/hcl/function-cases/strings.ts";
import { yamlCases } from "../../../tests/support/hcl/function-cases/yaml.ts";
import type { Value } from "../values/value.ts";
import type { FunctionContext } from "./context.ts";
import { packerFunctions, variableFunctions } from "./functions.ts";

const tables = {
  ...cidrCases,
  ...datesCases,
  ...documentsCases,
  ...encodingCases,
  ...formatCases,
  ...listsCases,
  ...mapsCases,
  ...numbersCases,
  ...regexCases,
  ...stringsCases,
  ...yamlCases,
};

function textOf(expression: string, context?: Partial<FunctionContext>): string {
  const result = evaluateExpression(expression, context);
  if (typeof result === "string") throw new Error(result);
  return result.asString();
}

function problemOf(expression: string, context?: Partial<FunctionContext>): string {
  const result = evaluateExpression(expression, context);
  if (typeof result === "string") return result;
  throw new Error(`${expression} has a value`);
}

function evaluated(expression: string): Value {
  const result = evaluateExpression(expression);
  if (typeof result === "string") throw new Error(result);
  return result;
}

describe("packerFunctions() give Packer's results", () => {
  for (const [name, cases] of Object.entries(tables)) {
    describe(`${name}()`, () => {
      it.each(cases)("%s", (expression, result) => {
        expect(describeResult(evaluateExpression(expression))).toBe(result);
      });
    });
  }
});

describe("packerFunctions() differ from Packer on purpose", () => {
  it.each([
    // Packer takes the null of a whole document for something unknown.
    ['yamldecode("null")', "any null"],
    // The same for a null as an argument of any type.
    ['format("%v", null)', 'string "null"'],
    ['formatlist("%v", null)', 'list(string) ["null"]'],
    // go-cidr takes the end of the address space for an overflow.
    ['cidrsubnets("0.0.0.0/0", 1, 1)', 'list(string) ["0.0.0.0/1","128.0.0.0/1"]'],
    // go-cidr counts hosts of an IPv4 network inside IPv6 in the wrong half of the address.
    ['cidrhost("::ffff:192.168.0.0/112", 5)', 'string "192.168.0.5"'],
  ])("%s", (expression, result) => {
    expect(describeResult(evaluateExpression(expression))).toBe(result);
  });
});

describe("packerFunctions()", () => {
  it("has every function of Packer 1.16 but try, can and convert, which are the evaluator's", () => {
    const names = `abs abspath alltrue anytrue aws_secretsmanager aws_secretsmanager_raw basename base64decode base64encode
      base64gzip bcrypt ceil chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact
      concat consul_key contains csvdecode dirname distinct element endswith file filebase64 fileexists fileset flatten
      floor format formatdate formatlist indent index join jsondecode jsonencode keys legacy_isotime legacy_strftime
      length log lookup lower max md5 merge min parseint pathexpand pow range reverse replace regex regexall regex_replace
      rfc3339_parse rsadecrypt setintersection setproduct setunion sha1 sha256 sha512 signum slice sort split startswith
      strcontains strrev substr sum templatefile textdecodebase64 textencodebase64 timestamp timeadd title trim trimprefix
      trimspace trimsuffix unix_timestamp_parse upper urlencode uuidv4 uuidv5 values vault yamldecode yamlencode zipmap`;
    const functions = packerFunctions({ baseFolder: "/", renderTemplate: () => evaluated("1") });
    expect([...functions.keys()].sort()).toEqual(names.split(/\s+/).sort());
  });

  it.each([
    "upper(secret)",
    "length(secret)",
    "[secret] == [] ? 1 : length([secret])",
    'join(secret, ["a", "b"])',
    "keys({(secret) = 1})",
    "element([secret], 0)",
    'lookup({a = secret}, "a", "")',
    "merge({a = 1}, {a = secret}).a",
    "concat([1], [secret])[1]",
    "flatten([[secret]])[0]",
    "jsonencode({a = secret})",
    'format("%s", secret)',
    "values({a = secret})[0]",
    "reverse([secret, 1])[1]",
    "slice([secret], 0, 1)[0]",
    "zipmap([secret], [1])",
    'setunion([secret], ["a"])',
    'setproduct([secret], ["a"])',
    "chunklist([secret], 1)[0][0]",
    'templatefile("/dev/null", {a = secret})',
  ])("keep what is secret secret: %s", (expression) => {
    expect(evaluated(expression).containsSensitive).toBe(true);
  });

  it("does not make secret what has nothing to do with a secret", () => {
    expect(evaluated("concat([1], [secret])[0]").containsSensitive).toBe(false);
    expect(evaluated("merge({a = 1}, {b = secret}).a").containsSensitive).toBe(false);
    expect(evaluated('lookup({a = "x"}, "a", secret)').containsSensitive).toBe(false);
  });

  it("names the argument that is wrong", () => {
    expect(problemOf('parseint("x", 10)')).toBe(
      'expression:1:10: Invalid function argument: Invalid value for the parameter "number" of parseint(): cannot parse "x" as an integer in base 10.',
    );
    expect(problemOf('formatdate("YYY", "2018-01-02T12:02:01Z")')).toContain(
      '"YYY" is no part of a date format; write YY, YYYY',
    );
    expect(problemOf('timeadd("2017-11-22T00:00:00Z", "1d")')).toContain(
      '"1d" is not a duration, such as "1.5h" or "-2h5m"',
    );
    expect(problemOf('format("%d %d", 1)')).toContain('"%d" at offset 3 needs value 2, but there are 1');
    expect(problemOf('regex("(", "a")')).toContain("not a regular expression that RE2 knows");
    expect(problemOf('jsondecode("{\\"a\\" 1}")')).toContain("where a colon should follow a key, at character 6");
    expect(problemOf('csvdecode("a,b\\n1")')).toContain("in the CSV text on line 2, there are 1 fields, not 2");
  });

  it.each([
    ['vault("secret/data/x", "key")', "Vault"],
    ['consul_key("a/b")', "Consul"],
    ['aws_secretsmanager("name", null)', "AWS Secrets Manager"],
    ['aws_secretsmanager_raw("name")', "AWS Secrets Manager"],
  ])("%s says what is missing", (expression, service) => {
    expect(problemOf(expression)).toContain(`no client for ${service} is built in`);
  });

  it("matches regular expressions in linear time", () => {
    const text = "a".repeat(20_000);
    expect(describeResult(evaluateExpression(`regexall("(a*)*b", "${text}")`))).toBe("list(tuple([string])) []");
  });
});

describe("hashes and identifiers", () => {
  it("bcrypt() makes a hash in the format and with the cost that is asked for", () => {
    const hash = textOf('bcrypt("secret", 4)');
    expect(hash).toMatch(/^\$2a\$04\$/);
    expect(bcryptjs.compareSync("secret", hash)).toBe(true);
    expect(textOf('bcrypt("secret", 3)')).toMatch(/^\$2a\$10\$/);
    expect(problemOf(`bcrypt("${"x".repeat(73)}", 4)`)).toContain("longer than 72 bytes");
  });

  it("uuidv4() makes a new one each time", () => {
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(textOf("uuidv4()")).toMatch(uuid);
    expect(textOf("uuidv4()")).not.toBe(textOf("uuidv4()"));
  });

  it("base64gzip() makes what gunzip reads", () => {
    const text = textOf('base64gzip("hello hello hello é")');
    expect(gunzipSync(Buffer.from(text, "base64")).toString()).toBe("hello hello hello é");
  });
});

describe("times", () => {
  const context = { now: () => new Date("2026-11-22T19:48:30.5Z"), runStart: new Date("2026-03-05T07:08:09Z") };

  it("timestamp() gives the present, the legacy functions the start of the run", () => {
    expect(textOf("timestamp()", context)).toBe("2026-11-22T19:48:30Z");
    expect(textOf("legacy_isotime()", context)).toBe("2026-03-05T07:08:09Z");
    expect(textOf('legacy_isotime("20060102-150405")', context)).toBe("20260305-070809");
    expect(textOf("legacy_strftime()", context)).toBe("2026-03-05T07:08:09Z");
    expect(textOf('legacy_strftime("%Y-%m-%d %H:%M:%S %p %Z")', context)).toBe("2026-03-05 07:08:09 AM UTC");
    expect(problemOf('legacy_isotime("a", "b")', context)).toContain("one format at most");
  });
});

describe("variableFunctions()", () => {
  it("has env(), which gives an empty string for what is not set", () => {
    const env = variableFunctions({ env: { HOME: "/root" } }).get("env");
    const call = (name: string) => env?.evaluate([evaluated(JSON.stringify(name))], evaluated('""').type).asString();
    expect([call("HOME"), call("UNSET")]).toEqual(["/root", ""]);
    // What every object has is no variable.
    expect(["toString", "__proto__", "constructor", "hasOwnProperty"].map(call)).toEqual(["", "", "", ""]);
  });
});

describe("yamldecode()", () => {
  it.each([
    ["brackets", "[".repeat(100_000)],
    ["mappings", Array.from({ length: 3000 }, (_, level) => `${" ".repeat(level)}a:`).join("\n")],
  ])("refuses %s that are nested too deeply", (_, text) => {
    expect(problemOf(`yamldecode(${JSON.stringify(text)})`)).toContain("nested too deeply");
  });

  it("reads a long document in a moment", () => {
    const text = "- {name: x, size: 1}\n".repeat(20_000);
    expect(
      evaluated(`length(yamldecode(${JSON.stringify(text)}))`)
        .asNumber()
        .toNumber(),
    ).toBe(20_000);
  });

  it("says on which line a document is broken", () => {
    expect(problemOf('yamldecode("a: 1\\nb: [\\nc: \\"x\\n")')).toContain("on line 3");
  });
});
