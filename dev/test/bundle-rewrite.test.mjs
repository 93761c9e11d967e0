import { expect, test } from '@jest/globals';
import { rewritten } from '../bundle-rewrite.mjs';

const NO_CODE = [
  ['a string', `send("module.exports = function () {}");`],
  ['a template', 'send(`\nthis.run = (row) => row;\n`);'],
  ['a template with a name', 'send(`\n  __name(run, "run");\n`);'],
  ['a string with the mark of a name', `send('/* @__PURE__ */ __name(run)');`],
  ['a regular expression', 'send(/a.b = (.*) => /);'],
];

test.each(NO_CODE)('a pattern that matches in %s ends the build', async (_where, text) => {
  await expect(rewritten(text)).rejects.toThrow(/would be rewritten where it is no code/);
});

test('a pattern that matches in a comment changes nothing', async () => {
  const text = 'let at = 1;\n/* a.b = function () {} */\nsend(at);\n';
  expect(await valueOf(await rewritten(text))).toBe(1);
});

/**
 * Each sends one value, by a function that a property was given.
 * @type {readonly (readonly [string, string, unknown])[]}
 */
const CODE = [
  ['this in an arrow function', '(function () { this.run = () => this.at; send(this.run()); }).call({ at: 1 });', 1],
  [
    'arguments in an arrow function',
    '(function () { this.run = () => arguments[0]; send(this.run(2)); }).call({}, 1);',
    1,
  ],
  ['new.target', 'const a = {};\na.b = function () { send(new.target === a.b); };\nnew a.b();', true],
  [
    'a function that calls itself',
    'const a = {};\na.b = function f(n) { return n ? n * f(n - 1) : 1; };\nsend(a.b(4));',
    24,
  ],
  ['a generator', 'const a = {};\na.b = function* () { yield 3; };\nsend([...a.b()][0]);', 3],
  ['an async function', 'const a = {};\na.b = async () => 5;\nsend(await a.b());', 5],
  ['a call of what is given', 'const a = {};\na.b = (() => 6)();\nsend(a.b);', 6],
  ['a comma after the function', 'const a = {};\na.b = (n) => n, a.c = 7;\nsend(a.c);', 7],
  ['a choice inside the function', 'const a = {};\na.b = (n) => n ? 1 : 8;\nsend(a.b(0));', 8],
  ['a default of a pattern', 'const a = {};\n[a.b = (n) => n] = [];\nsend(a.b(9));', 9],
  ['a logical assignment', 'const a = { b: 1 };\na.b ||= function () {};\nsend(a.b);', 1],
  ['a computed field of a class', 'class A { ["b"] = (n) => n; }\nsend(new A().b(2));', 2],
];

test.each(CODE)('%s does what it did', async (_what, text, value) => {
  const shipped = await rewritten(text);
  expect(shipped).toMatch(/= false \? null : /);
  expect(await valueOf(text)).toBe(value);
  expect(await valueOf(shipped)).toBe(value);
});

/** @param {string} text */
async function valueOf(text) {
  /** @type {unknown} */
  let sent;
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;
  await new AsyncFunction('send', text)((/** @type {unknown} */ value) => (sent = value));
  return sent;
}
