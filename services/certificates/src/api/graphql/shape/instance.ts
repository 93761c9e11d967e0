/** Creates an instance of an object type; GraphQL recognizes the type by its class. */
export function instance<T extends object>(type: new () => T, fields: { [Key in keyof T]: T[Key] }): T {
  return Object.assign(new type(), fields);
}
