// Checks KQL with the language service of Azure's own query editor.
//
// Standard input: {"tables": {table: {column: Kusto type}}, "queries": {name: KQL text}}.
// Standard output: {name: [diagnostic message, ...]}; an empty list means the query is sound.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import vm from "node:vm";

const bundle = dirname(
  createRequire(import.meta.url).resolve("@kusto/language-service-next/package.json"),
);

// The bundles are browser scripts: they define the globals `Bridge` and `Kusto`.
function loadKusto() {
  const context = vm.createContext({ console });
  for (const file of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
    vm.runInContext(readFileSync(join(bundle, file), "utf8"), context, { filename: file });
  }
  return context.Kusto.Language;
}

function globalState(language, tables) {
  const { TableSymbol, DatabaseSymbol, ClusterSymbol } = language.Symbols;
  const symbols = Object.entries(tables).map(([table, columns]) => {
    const text = Object.entries(columns).map(([name, type]) => `['${name}']: ${type}`);
    return TableSymbol.From(`(${text.join(", ")})`).WithName(table);
  });
  const database = new DatabaseSymbol.$ctor1("workspace", symbols);
  return language.GlobalState.Default.WithDatabase(database);
}

const asked = JSON.parse(readFileSync(0, "utf8"));
const language = loadKusto();
const state = globalState(language, asked.tables);
const found = Object.entries(asked.queries).map(([name, text]) => {
  const diagnostics = language.KustoCode.ParseAndAnalyze(text, state).GetDiagnostics();
  const messages = [];
  for (let index = 0; index < diagnostics.Count; index += 1) {
    messages.push(diagnostics.getItem(index).Message);
  }
  return [name, messages];
});
process.stdout.write(JSON.stringify(Object.fromEntries(found)));
