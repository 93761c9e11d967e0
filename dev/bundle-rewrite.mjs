import { transform } from 'esbuild';

/** How the rewriting is written: in what is shipped, and in what it is compared with. */
const SHIPPED = { young: 'false ? null : ', same: 'sameOfBundle(', name: '' };
const COMPARED = { young: '', same: 'sameOfBundle /**/ (', name: '/**/\n' };

/**
 * Rewrites a file that esbuild made, so that what it makes for a request dies with it.
 *
 * The patterns know nothing of strings, templates, comments and regular expressions. So esbuild is shown the code once as it
 * is shipped, and once with nothing but another writing in the same places: where it is no code that was changed, the two
 * differ.
 *
 * @param {string} text
 * @throws Error if anything was changed that is no code
 */
export async function rewritten(text) {
  const [shipped, compared] = [SHIPPED, COMPARED].map((marks) => rewrite(text, marks));
  const [ours, theirs] = await Promise.all([minified(shipped), minified(compared)]);
  if (ours === theirs) return shipped;
  let at = 0;
  while (ours[at] === theirs[at]) at++;
  throw new Error(
    `the bundle would be rewritten where it is no code: …${ours.slice(Math.max(0, at - 80), at + 80)}… Narrow the pattern in dev/bundle-rewrite.mjs`,
  );
}

/**
 * @param {string} text
 * @param {typeof SHIPPED} marks
 */
function rewrite(text, marks) {
  return withYoungFunctions(withNamesOfClasses(text, marks), marks);
}

/**
 * Leaves the names of classes, which schema and entities are made by. Those of functions, which serve messages alone, are
 * set anew whenever a function is made: a fifteenth of what a list costs.
 * @param {string} text
 * @param {typeof SHIPPED} marks
 */
function withNamesOfClasses(text, { same, name }) {
  return text.replaceAll('/* @__PURE__ */ __name(', same).replaceAll(/^ +__name\((?!this)\w+, "\w+"\);\n/gm, name);
}

/**
 * V8 makes a function that is assigned to a property as it is written, `query.callback = () => ...`, among its old objects,
 * as if it were made once. There it keeps all that it refers to, such as the rows of a request, until the next full
 * collection; a third of what a list allocated was copied twice. As one of two choices it is made like any other function,
 * and the choice, between constants, costs nothing. Before anything else than a function it changes nothing.
 * @param {string} text
 * @param {typeof SHIPPED} marks
 */
function withYoungFunctions(text, { young }) {
  return text.replaceAll(
    /((?:\.[\w$#]+|\]) (?:\|\||&&|\?\?)?=) (?=(?:async )?(?:function\b|\(.*\) => ))/g,
    `$1 ${young}`,
  );
}

/** @param {string} text */
async function minified(text) {
  const options = /** @type {const} */ ({ minifySyntax: true, minifyWhitespace: true, legalComments: 'none' });
  return (await transform(text, { ...options, target: 'node20', format: 'esm' })).code;
}
