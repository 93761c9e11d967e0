export { printable, printableJson, printableLine } from './printable.js';
export { table } from './table.js';
