// The two import rules of the console, for .tsx files, which dependency-cruiser's parser can not read: the console sees
// only the contracts and the router's type, and pages do not know each other.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseFileSync } from '@swc/core';

const forbiddenPackages = /^@tributary\/(engine(?!\/router$)|rules|channels)/;
const page = /^app\/\(console\)\/([^/]+)\//;

/** @param {string} consoleRoot the folder apps/console/src @returns {{ files: number, problems: string[] }} */
export function checkConsoleImports(consoleRoot) {
  const files = readdirSync(consoleRoot, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tsx'));
  const problems = files.flatMap((file) => problemsOf(consoleRoot, file.split(path.sep).join('/')));
  return { files: files.length, problems };
}

/** @param {string} consoleRoot @param {string} file */
function problemsOf(consoleRoot, file) {
  const tree = parseFileSync(path.join(consoleRoot, file), { syntax: 'typescript', tsx: true });
  const problems = [];
  for (const node of tree.body) {
    if (
      node.type !== 'ImportDeclaration' &&
      node.type !== 'ExportNamedDeclaration' &&
      node.type !== 'ExportAllDeclaration'
    )
      continue;
    const from = node.source?.value;
    if (from === undefined) continue;
    if (forbiddenPackages.test(from))
      problems.push(`${file}: imports ${from}: the console is a pure client of the engine`);
    if (from === '@tributary/engine/router' && !(node.type === 'ImportDeclaration' && node.typeOnly)) {
      problems.push(`${file}: imports ${from} as a value: only its type may be known`);
    }
    const target = from.startsWith('@/')
      ? from.slice(2)
      : from.startsWith('.')
        ? path.posix.join(path.posix.dirname(file), from)
        : undefined;
    if (target?.startsWith('..')) problems.push(`${file}: imports ${from}, outside of the console`);
    const [own, other] = [page.exec(file)?.[1], target && page.exec(target)?.[1]];
    if (own && other && own !== other)
      problems.push(`${file}: page ${own} imports from page ${other}: what two pages share belongs to ui/ or lib/`);
  }
  return problems;
}

if (process.argv[1] === import.meta.filename) {
  const { files, problems } = checkConsoleImports(path.resolve(import.meta.dirname, '../apps/console/src'));
  for (const problem of problems) console.error(problem);
  console.log(`${files} files read`);
  process.exit(problems.length > 0 || files < 10 ? 1 : 0);
}
