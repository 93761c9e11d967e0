export { printable, printableJson } from './printable.js';
export { table } from './table.js';
