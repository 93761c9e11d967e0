/** An instance of an object type, by whose class GraphQL knows it. */
export function instance<T extends object>(type: new () => T, fields: { [Key in keyof T]: T[Key] }): T {
  return Object.assign(new type(), fields);
}
