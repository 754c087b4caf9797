import { readFileSync, writeFileSync } from "node:fs";
import { legacyJsonSchema } from "../src/bake/schema/legacy-json-schema.ts";
import { pkrJsonSchema } from "../src/bake/schema/pkr-json-schema.ts";
import { configJsonSchema } from "../src/config/json-schema.ts";
import { commandsPage } from "./commands-page.ts";
import { configurationPage } from "./configuration-page.ts";
import { editorHelp } from "./editor-help.ts";
import { permissionsPage } from "./permissions-page.ts";

// Run by `npm run docs`, in the folder of the project.
writeFileSync("docs/configuration.md", configurationPage());
writeFileSync("docs/configuration.schema.json", `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
writeFileSync("docs/pkr-json.schema.json", `${JSON.stringify(pkrJsonSchema(), undefined, 2)}\n`);
writeFileSync("docs/legacy-json.schema.json", `${JSON.stringify(legacyJsonSchema(), undefined, 2)}\n`);
writeFileSync("docs/commands.md", await commandsPage());
writeFileSync(
  "docs/permissions.md",
  permissionsPage(JSON.parse(readFileSync("scripts/recorded-permissions.json", "utf8"))),
);
writeFileSync("src/language-server/documented.json", editorHelp());
