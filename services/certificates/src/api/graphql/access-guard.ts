import { type GraphQLFieldResolver, type GraphQLSchema, defaultFieldResolver, isObjectType } from 'graphql';
import { ACCESS, NESTED_ACCESS, type Need } from '../../features/records/access-table.js';
import { ForbiddenError } from '../../features/records/forbidden.js';
import { type Permission, holdsIn, holdsSomewhere } from '../../features/records/grants.js';
import { type Context, showChange, viewing } from './context.js';
import { loadNode } from './shape/load-node.js';

type Resolver = GraphQLFieldResolver<unknown, Context>;

/** The arguments of a root field, as far as they say where it acts. */
interface Arguments {
  readonly environment?: string;
  readonly name?: string;
  readonly input?: {
    readonly id?: string;
    readonly environment?: string;
    readonly name?: string;
    readonly definitions?: readonly { readonly environments?: readonly string[] }[];
  };
}

/**
 * Lets nobody resolve a field of the root types without what the table demands. What a field changes is asked about once
 * more where it is changed, with the environments that it really concerns.
 */
export function guardRoots(schema: GraphQLSchema): void {
  const needs: Readonly<Record<string, Need | undefined>> = ACCESS;
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    for (const field of Object.values(root?.getFields() ?? {})) {
      const name = `${root?.name}.${field.name}`;
      const need = needs[name];
      if (!need) throw new Error(`${name} is missing in the table of access`);
      const changes = root === schema.getMutationType();
      const guard = (resolve: Resolver): Resolver => guarded(name, need, resolve, changes);
      if (field.subscribe) field.subscribe = guard(field.subscribe);
      else field.resolve = guard(field.resolve ?? defaultFieldResolver);
    }
}

/** Lets nobody resolve a field that needs more than its parent, who has that permission nowhere, or not there. */
export function guardNested(schema: GraphQLSchema): void {
  for (const [name, permission] of Object.entries(NESTED_ACCESS)) {
    const [type = '', of = ''] = name.split('.');
    const parent = schema.getType(type);
    const field = isObjectType(parent) ? parent.getFields()[of] : undefined;
    if (!field) throw new Error(`${name} is in the table of access, and not in the schema`);
    const resolve: Resolver = field.resolve ?? defaultFieldResolver;
    const forbid = (context: Context): never => {
      const error = new ForbiddenError(permission);
      context.onDenied(context, error);
      throw error;
    };
    field.resolve = (source, args, context: Context, info) => {
      if (!holdsSomewhere(context.grants, permission)) return forbid(context);
      // A change may have shown more than is to be looked at.
      const view = viewing(context);
      const environment = view === context ? undefined : environmentIdOf(type, source);
      if (environment === undefined) return resolve(source, args, view, info);
      return view.environments
        .load(environment)
        .then((seen) => (seen ? resolve(source, args, view, info) : forbid(context)));
    };
  }
}

/** Of the one environment that an object is about. */
function environmentIdOf(type: string, source: unknown): string | undefined {
  const { id, environmentId } = source as { readonly id?: string; readonly environmentId?: string };
  return type === 'Environment' ? id : environmentId;
}

function guarded(name: string, need: Need, resolve: Resolver, changes: boolean): Resolver {
  const { permission } = need;
  if (permission === null) return resolve;
  return (source, args, context, info) => {
    if (changes) showChange(context, permission);
    if (context.grants.get(permission) === null) return resolve(source, args, context, info);
    return limited(name, { ...need, permission }, args as Arguments, context)
      .then((seen) => resolve(source, seen, context, info))
      .catch((error: unknown) => {
        if (error instanceof ForbiddenError) context.onDenied(context, error);
        throw error;
      });
  };
}

/** @returns the arguments as somebody gives them who sees what the caller sees @throws ForbiddenError */
async function limited(
  name: string,
  { permission, where, id }: Need & { readonly permission: Permission },
  args: Arguments,
  context: Context,
): Promise<Arguments> {
  const { grants } = context;
  if (!holdsSomewhere(grants, permission) || where === 'EVERYWHERE') throw new ForbiddenError(permission);
  if (where === 'NAMED') {
    const missing = namesOf(name, args).filter((each) => !holdsIn(grants, permission, each));
    if (missing.length > 0) throw new ForbiddenError(permission, missing);
  }
  if (id === undefined || (await loadNode(context, args.input?.id ?? '')) !== null) return args;
  // It is answered as one that does not exist.
  return { ...args, input: { ...args.input, id: NOBODY } };
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

function namesOf(name: string, { environment, name: own, input }: Arguments): readonly string[] {
  if (name === 'Mutation.createCertificate')
    return (input?.definitions ?? []).flatMap(({ environments }) => environments ?? []);
  return [environment ?? own ?? input?.environment ?? input?.name ?? ''];
}
