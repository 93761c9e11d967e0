import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { type Grants, PERMISSIONS, type Permission as Name } from '../../../features/records/grants.js';
import { instance } from '../shape/instance.js';

export const Permission = {
  VIEW: 'VIEW',
  MANAGE: 'MANAGE',
  DEPLOY: 'DEPLOY',
  APPROVE: 'APPROVE',
  EXPORT: 'EXPORT',
  ADMIN: 'ADMIN',
} as const satisfies { [P in Name]: P };
registerEnumType(Permission, {
  name: 'Permission',
  description: 'Right of a caller. No right includes another.',
  valuesConfig: {
    VIEW: { description: 'Reads everything but files.' },
    MANAGE: {
      description: 'Prepares changes and manages agents, titles and names. Changes no truststore and no key set.',
    },
    DEPLOY: { description: 'Changes what JVMs trust and which keys are published.' },
    APPROVE: { description: 'Accepts again what was refused as compromised.' },
    EXPORT: { description: 'Downloads files: exports, certificates and truststores.' },
    ADMIN: { description: 'Manages environments, API tokens and grants.' },
  },
});

@ObjectType({ description: 'A permission of a caller and where it holds.' })
export class HeldPermission {
  @Field(() => Permission, { description: 'The permission.' })
  permission!: Name;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the environments in which it holds, sorted. Null means all, including future ones.',
  })
  environments!: readonly string[] | null;
}

/** Grants in the order of the permissions. */
export function heldPermissions(grants: Grants): HeldPermission[] {
  return PERMISSIONS.flatMap((permission) => {
    const scope = grants.get(permission);
    if (scope === undefined) return [];
    return instance(HeldPermission, { permission, environments: scope && [...scope].sort() });
  });
}
