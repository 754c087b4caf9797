import { expect, it } from "vitest";
import { loadText, MINIMAL } from "../../tests/support/template/load-text.ts";
import { secrets } from "../common/secrets.ts";

it("a template's secrets are masked as a whole, whatever is made of them, and no word beside them is", async () => {
  await loadText(`
    variable "password" {
      default   = "correct-battery"
      sensitive = true
    }
    locals {
      init    = "packages: [nginx]\\nusers:\\n  - password: \${var.password}\\n"
      loud    = upper("\${var.password}-staple")
      verdict = var.password == "" ? "there-is-no-password" : "there-is-a-password"
      short   = length(var.password) > 3 ? "enabled" : "disabled"
    }
    ${MINIMAL}`);
  const open = "packages: [nginx] users: there-is-a-password enabled";
  expect(secrets.mask(open)).toBe(open);
  expect(secrets.mask("x correct-battery CORRECT-BATTERY-STAPLE")).toBe("x <sensitive> <sensitive>");
  expect(secrets.mask(JSON.stringify("packages: [nginx]\nusers:\n  - password: correct-battery\n"))).toBe(
    '"<sensitive>"',
  );
});
