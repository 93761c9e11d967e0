/** Splits text as launchers and JVMs split variables and files of options: at blanks, but for what quotes hold together. */
export function optionWords(text: string, { isFile = false } = {}): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    // In a file a backslash within quotes stands for what follows it, and # begins a comment.
    if (isFile && quote !== '' && letter === '\\' && at + 1 < text.length) {
      at += 1;
      word = (word ?? '') + (text[at] ?? '');
    } else if (quote !== '') {
      if (letter === quote) quote = '';
      else word = (word ?? '') + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (isFile && letter === '#' && word === null) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end - 1;
    } else word = (word ?? '') + letter;
  }
  return word === null ? words : [...words, word];
}
