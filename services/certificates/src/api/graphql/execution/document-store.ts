import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** What parsed documents, and plans of their queries, may take. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Measured: 390 to 490 for the tree of a document, and at most a planned field of 300 for each. */
const BYTES_PER_TOKEN = 800;

/** Where Apollo keeps documents that it has parsed and validated: the least recently used go when their bytes are too many. */
export interface DocumentStore {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

export function documentStore(maxBytes = MAX_BYTES): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({ maxSize: maxBytes, sizeCalculation: bytesOf });
  return {
    get: (key) => Promise.resolve(documents.get(key)),
    set: (key, document) => {
      documents.set(key, document);
      return Promise.resolve();
    },
    delete: (key) => Promise.resolve(documents.delete(key)),
  };
}

function bytesOf(document: DocumentNode): number {
  // Strings of the tree are parts of the text, which is kept whole.
  return 2 * (document.loc?.source.body.length ?? 0) + BYTES_PER_TOKEN * tokensOf(document);
}

/** How many tokens its text has; comments count. */
export function tokensOf({ loc }: DocumentNode): number {
  let count = 0;
  for (let token = loc?.startToken.next; token; token = token.next) count++;
  return count;
}
