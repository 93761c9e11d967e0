/** Reads a value member by member and collects what is wrong with it; paths are those of the file. */
export class Shape {
  readonly #value: unknown;
  readonly #problems: string[];
  readonly at: string;

  constructor(value: unknown, at: string, problems: string[]) {
    this.#value = value;
    this.#problems = problems;
    this.at = at;
  }

  problem(rule: string): void {
    this.#problems.push(`${this.at}: ${rule}`);
  }

  /** The members of an object that has no others. */
  members<Name extends string>(names: readonly Name[]): Readonly<Record<Name, Shape>> {
    const object = this.#asObject();
    for (const name of Object.keys(object ?? {}))
      if (!(names as readonly string[]).includes(name))
        this.problem(`${JSON.stringify(name)} is not known here; known are ${names.join(', ')}`);
    return Object.fromEntries(
      names.map((name) => [name, new Shape(object?.[name], `${this.at}.${name}`, this.#problems)]),
    ) as Record<Name, Shape>;
  }

  get given(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  list(): readonly Shape[] {
    if (!this.given) return [];
    if (Array.isArray(this.#value))
      return this.#value.map((value, index) => new Shape(value, `${this.at}[${index}]`, this.#problems));
    this.problem('must be a list');
    return [];
  }

  text(): string {
    if (typeof this.#value === 'string' && this.#value !== '') return this.#value;
    this.problem(this.given ? 'must be text; numbers need quotes' : 'is missing');
    return '';
  }

  /** One of a few words; the first of them where it is none, which is a problem. */
  oneOf<Word extends string>(words: readonly [Word, ...Word[]]): Word {
    const word = words.find((each) => each === this.#value);
    if (word === undefined) this.problem(this.given ? `must be ${words.join(' or ')}` : 'is missing');
    return word ?? words[0];
  }

  optionalText(): string | null {
    if (!this.given) return null;
    if (typeof this.#value === 'string') return this.#value;
    this.problem('must be text; numbers need quotes');
    return null;
  }

  #asObject(): Readonly<Record<string, unknown>> | undefined {
    if (typeof this.#value === 'object' && this.#value !== null && !Array.isArray(this.#value))
      return this.#value as Record<string, unknown>;
    this.problem(this.given ? 'must be an object' : 'is missing');
    return undefined;
  }
}
