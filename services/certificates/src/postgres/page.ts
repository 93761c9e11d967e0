/** A page of a list that is in the order of numbers. */
export interface Page {
  readonly first: number;
  /** Where the page before ended; null: this is the first one. */
  readonly after: number | null;
}
