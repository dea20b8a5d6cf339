/** Design tokens: the JSON that charts and reports read, written as CSS custom properties for pages and forms. */

const indent = (lines, by) => lines.map((line) => " ".repeat(by) + line).join("\n");

/** List the declarations that change with the mode: colours, chart palette, shadows. */
function modeDeclarations(tokens, mode) {
  return [
    `color-scheme: ${mode};`,
    ...Object.entries(tokens.color[mode]).map(([name, value]) => `--color-${name}: ${value};`),
    ...tokens.chart[mode].map((value, index) => `--chart-${index + 1}: ${value};`),
    ...Object.entries(tokens.shadow[mode]).map(([name, value]) => `--shadow-${name}: ${value};`),
  ];
}

/** List the declarations that hold in every mode: type, space, radius. */
function fixedDeclarations(tokens) {
  return [
    ...Object.entries(tokens.font).map(([name, value]) => `--font-${name}: ${value};`),
    ...Object.entries(tokens.size).map(([name, value]) => `--${name}: ${value};`),
  ];
}

/** Write the style sheet: light by default, dark by the system's wish, either by `data-theme` on any element. */
export function tokensCss(tokens) {
  const light = modeDeclarations(tokens, "light");
  const dark = modeDeclarations(tokens, "dark");
  return [
    "/* Made from svclib/reports/tokens.json by `npm run build`; change it there. */",
    `:root {\n${indent(fixedDeclarations(tokens), 2)}\n}`,
    `:root,\n[data-theme="light"] {\n${indent(light, 2)}\n}`,
    `@media (prefers-color-scheme: dark) {\n  :root:not([data-theme="light"]) {\n${indent(dark, 4)}\n  }\n}`,
    `[data-theme="dark"] {\n${indent(dark, 2)}\n}`,
    "",
  ].join("\n\n");
}
