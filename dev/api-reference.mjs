#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';

/**
 * Writes API.md of each published package from its declarations: every export with its shape and its docblock. `--check` fails when a
 * page differs, and always an export without a docblock does.
 */
const PACKAGES = ['keystore', 'x509'];
const root = fileURLToPath(new URL('..', import.meta.url));
/** @type {string[]} */
const problems = [];

for (const name of PACKAGES) {
  const page = `${root}packages/${name}/API.md`;
  const text = await format(reference(name), { ...(await resolveConfig(page)), filepath: page });
  if (!process.argv.includes('--check')) writeFileSync(page, text);
  else if (textOf(page) !== text)
    problems.push(`packages/${name}/API.md differs from the code: node dev/api-reference.mjs`);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** @param {string} name */
function reference(name) {
  const index = `${root}packages/${name}/dist/src/index.d.ts`;
  const program = ts.createProgram([index], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(index);
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${index} is missing: npm run build`);
  const sections = checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
    .map((symbol) => section(name, symbol, checker));
  return [
    `# API of @trustcast/${name}`,
    `Every export of version ${JSON.parse(textOf(`${root}packages/${name}/package.json`)).version}, written by \`node dev/api-reference.mjs\` from the declarations. Certificates are DER in a \`Uint8Array\`; times are \`Date\`.`,
    ...sections,
    '',
  ].join('\n\n');
}

/** @param {string} name @param {ts.Symbol} symbol @param {ts.TypeChecker} checker */
function section(name, symbol, checker) {
  const declarations = symbol.getDeclarations() ?? [];
  const says = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  if (says === '') problems.push(`packages/${name}: ${symbol.name} is exported without a docblock`);
  const tags = symbol
    .getJsDocTags(checker)
    .map(({ name: tag, text }) => `- ${tag}: ${ts.displayPartsToString(text).replace(/\s+/g, ' ')}`);
  return [`## ${symbol.name}`, prose(says), tags.join('\n'), ...declarations.map(code)]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Links of a docblock become code. @param {string} text */
function prose(text) {
  return text.replace(/\{@link (\w+) ?\}/g, '`$1`');
}

/** A declaration as it stands, with the docblocks of its members and without its own and private parts. @param {ts.Declaration} declaration */
function code(declaration) {
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const text = statement
    .getText()
    .replace(/^export (?:declare )?|^declare /, '')
    .replace(/\n {4}#private;|\n {4}private constructor\([^)]*\);/g, '');
  return `\`\`\`ts\n${text}\n\`\`\``;
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
