/**
 * Builds what the server serves: `form.js` (ESM), `page.js`, `form.css`, `page.css`, `tokens.css`, licences.
 * The same input gives the same bytes: no time stamps, no hashes of paths, no chunks.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { tokensCss } from "./tokens.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const library = join(here, "..", "svclib");
const output = process.env.SVC_FORMS_OUTPUT ?? join(library, "web", "static");
const forms = join(output, "forms");

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  target: ["chrome80", "firefox78", "safari14"],
};

const script = (entry, file, more = {}) =>
  build({ ...common, entryPoints: [entry], outfile: file, format: "esm", ...more });

async function buildStyles() {
  const tokens = JSON.parse(await readFile(join(library, "reports", "tokens.json"), "utf8"));
  await writeFile(join(output, "tokens.css"), tokensCss(tokens));
  await writeFile(join(here, "src", "styles", "tokens.generated.css"), tokensCss(tokens));
  await build({ ...common, entryPoints: ["src/styles/form.css"], outfile: join(forms, "form.css") });
  await copyFile(join(here, "src", "styles", "page.css"), join(output, "page.css"));
}

async function buildOracle() {
  const entry = join(here, "oracle.js");
  if (!existsSync(entry)) return;
  await script(entry, join(here, "dist-oracle", "oracle.js"), { format: "iife" });
}

await mkdir(forms, { recursive: true });
await buildStyles();
await script("src/index.js", join(forms, "form.js"));
await script("src/page.js", join(forms, "page.js"), { external: ["./form.js"] });
await copyFile(join(here, "LICENSES.txt"), join(forms, "LICENSES.txt"));
await buildOracle();
