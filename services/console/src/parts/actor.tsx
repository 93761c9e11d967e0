/** Who did something: `token:NAME:ID` by its name, with the whole beside the pointer. */
export function Actor({ actor }: { readonly actor: string }) {
  const name = /^token:(.+):[\da-f-]{36}$/.exec(actor)?.[1] ?? actor;
  return <span title={actor}>{name}</span>;
}
