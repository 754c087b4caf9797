import { writeFileSync } from "node:fs";
import { configurationPage } from "./configuration-page.ts";

// Run by `npm run docs`, in the folder of the project.
writeFileSync("docs/configuration.md", configurationPage());
