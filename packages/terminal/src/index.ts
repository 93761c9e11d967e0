export { nearest } from './nearest.js';
export { OptionError, type OptionShape, parseOptions } from './options.js';
export { printable, printableJson, printableLine } from './printable.js';
export { table } from './table.js';
