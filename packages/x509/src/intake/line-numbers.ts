import { countOf } from './large-text.js';

/**
 * Lines of the text as it was given, asked for in its order. Reading its forms may move lines; where it does and as many BEGIN words
 * stand in both texts, the nth of one is the nth of the other.
 */
export function linesOf(given: string, read: string, first: number): (at: number, line?: number) => number {
  const isMoved = given !== read && countOf(given, '\n') !== countOf(read, '\n');
  const count = lineCounter(isMoved ? given : read, first);
  if (!isMoved) return (at, line) => (line === undefined ? count(at) : first - 1 + line);
  const begins = wordsAt(given);
  const found = wordsAt(read);
  let nth = 0;
  return (at) => {
    while (nth < found.length && (found[nth] ?? 0) < at) nth++;
    return begins.length === found.length && nth < found.length ? count(begins[nth] ?? 0) : first;
  };
}

/** Counts the line of each place of a text, asked for in its order; the text begins in line `first`. */
export function lineCounter(text: string, first: number): (at: number) => number {
  let [line, counted] = [first, 0];
  return (at) => {
    if (at > counted) {
      line += countOf(text.slice(counted, at), '\n');
      counted = at;
    }
    return line;
  };
}

function wordsAt(text: string): number[] {
  return Array.from(text.matchAll(/BEGIN/gi), ({ index }) => index);
}

/** Where the last line of a text begins. */
export function lastLineOf(text: string): number {
  return text.lastIndexOf('\n') + 1;
}
