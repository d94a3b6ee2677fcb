// The shape of the tree: no file over 400 lines, at most 12 source files a folder, no names that say nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const maxLines = 400;
const maxFiles = 12;
const nothingNames = /(^|\/)(utils?|helpers?|common|misc|shared)(\.[a-z]+)?(\/|$)/;
// Flat on purpose: one file per part of a kit, per page script, or per recorded simulator concern.
const wideFolders = [
  /\/ui$/,
  /^packages\/rules\/src$/,
  /testing\/simulator|^packages\/channels\/[^/]+\/sandbox$/,
  /^apps\/engine\/src\/(platform|access)$/,
  /^packages\/contracts\/src$/,
  /^scripts$/,
];

/** @param {string} root @returns {string[]} one line per problem */
export function findShapeProblems(root) {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter(Boolean);
  const sources = files.filter(
    (file) => /\.(ts|tsx|mts|mjs)$/.test(file) && !/(^|\/)(generated|fixtures|migrations)\//.test(file),
  );
  const problems = [];
  const folders = new Map();
  for (const file of sources) {
    const isTest = /\.(test|e2e|contract)\.tsx?$/.test(file);
    const lines = readFileSync(path.join(root, file), 'utf8').split('\n').length - 1;
    if (lines > maxLines && !isTest)
      problems.push(`${file}: ${lines} lines (at most ${maxLines}): is it one room, or two?`);
    if (nothingNames.test(file)) problems.push(`${file}: the name says nothing; a function lives with its noun`);
    if (!isTest) folders.set(path.dirname(file), (folders.get(path.dirname(file)) ?? 0) + 1);
  }
  for (const [folder, count] of folders) {
    if (count > maxFiles && !wideFolders.some((wide) => wide.test(folder)))
      problems.push(`${folder}: ${count} source files (at most ${maxFiles}): group them`);
  }
  return problems;
}

if (process.argv[1] === import.meta.filename) {
  const problems = findShapeProblems(path.resolve(import.meta.dirname, '..'));
  for (const problem of problems) console.error(problem);
  process.exit(problems.length > 0 ? 1 : 0);
}
