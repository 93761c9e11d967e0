import { type DocumentNode, type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

/** What no operation needs, and what is deeper is refused for its depth. */
const MAX_DEPTH = 50;

/**
 * Estimates how many pairs of selections are compared when a document is validated: fields of the same response name that
 * stand, or come by fragments, in the same place could contradict each other, and each is compared with every other
 * (https://spec.graphql.org/draft/#sec-Field-Selection-Merging). Text of a few kilobytes can ask for millions.
 *
 * @param most where counting ends: the answer may be lower than the truth from there on
 */
export function comparisonsIn(document: DocumentNode, most: number): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  let count = 0;

  /** Selections that graphql-js merges. */
  const compare = (sets: readonly SelectionSetNode[], depth: number): void => {
    const fields = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    const collect = ({ selections }: SelectionSetNode): void => {
      for (const node of selections) {
        // Each counts itself: fragments that are spread again and again are collected again and again.
        if (++count > most) return;
        if (node.kind === Kind.INLINE_FRAGMENT) collect(node.selectionSet);
        else if (node.kind === Kind.FRAGMENT_SPREAD) {
          const { value } = node.name;
          if (spread.has(value)) continue;
          // Fragments are compared with each other, and with the fields beside them.
          count += spread.size;
          spread.add(value);
          const fragment = fragments.get(value);
          if (fragment) collect(fragment.selectionSet);
        } else {
          const key = (node.alias ?? node.name).value;
          const same = fields.get(key);
          if (same) count += same.push(node) - 1;
          else fields.set(key, [node]);
        }
      }
    };
    for (const set of sets) collect(set);
    if (depth >= MAX_DEPTH) return;
    for (const same of fields.values()) {
      if (count > most) return;
      const inner = same.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (inner.length > 0) compare(inner, depth + 1);
    }
  };
  for (const node of document.definitions) if ('selectionSet' in node && count <= most) compare([node.selectionSet], 0);
  return count;
}
