import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type {
  TruststoreFilter,
  TruststoreOrigin as Origin,
} from '../../../features/truststore/rules/truststore-list.js';
import { ImportFields } from '../exchange/import.js';
import { connectionType, edgeType } from '../shape/connection.js';

export const TruststoreOrigin = { MANAGED: 'MANAGED', BASE: 'BASE' } as const;
registerEnumType(TruststoreOrigin, {
  name: 'TruststoreOrigin',
  description: 'Origin of a truststore entry.',
  valuesConfig: {
    MANAGED: { description: 'Deployed by Trustcast.' },
    BASE: {
      description: "Part of a base: the CAs of the JVM or of its own truststore, as the hosts' agents report them.",
    },
  },
});

@InputType({ description: 'Conditions on truststore entries, all of which must hold.' })
export class TruststoreFilterInput implements TruststoreFilter {
  @Field(() => String, { nullable: true, description: 'Part of an alias, subject or fingerprint, ignoring case.' })
  text?: string | null;

  @Field(() => TruststoreOrigin, { nullable: true, description: 'Origin of the entries.' })
  origin?: Origin | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of days within which the certificate expires. Expired certificates match as well.',
  })
  expiringWithinDays?: number | null;
}

@ObjectType({ description: 'A certificate that the JVMs of an environment trust.' })
export class TruststoreEntry {
  @Field(() => TruststoreOrigin, { description: 'Origin of the entry.' })
  origin!: Origin;

  @Field(() => String, { description: 'Alias of the entry in truststores. Aliases of a base begin with `base/`.' })
  alias!: string;

  @Field(() => String, { description: 'SHA-256 fingerprint of the DER encoding: 64 lower-case hexadecimal digits.' })
  fingerprint!: string;

  certificateId!: string | null;

  @Field(() => Int, {
    description:
      'Number of registered hosts that are to have the entry, reachable or not. Hosts that were set aside are not counted.',
  })
  hosts!: number;

  @Field(() => Int, { description: 'Number of these hosts that have not reported recently.' })
  unreachable!: number;

  @Field(() => Int, { description: 'Number of these hosts that do not list all of their JVMs.' })
  incomplete!: number;

  @Field(() => Int, {
    description: 'Number of selected JVMs on these hosts, including those that a host counts but does not list.',
  })
  jvms!: number;

  @Field(() => Int, { description: 'Number of these JVMs that have proven that they use the entry.' })
  live!: number;
}

@ObjectType({ description: 'A truststore entry with its cursor.' })
export class TruststoreEdge extends edgeType(() => TruststoreEntry) {}

@ObjectType({ description: 'A page of a truststore.' })
export class TruststoreConnection extends connectionType(
  () => TruststoreEntry,
  () => TruststoreEdge,
  'managed entries by alias, then base entries by alias',
) {
  environmentId!: string;
  filter!: TruststoreFilter;
}

@InputType({ description: 'Input for importing an existing truststore as managed certificates.' })
export class ImportTruststoreInput extends ImportFields {
  @Field(() => String, { description: 'Name of the environment to deploy the certificates to.' })
  environment!: string;

  @Field(() => String, { description: 'Base64 of a PKCS#12, JKS, JCEKS, PEM or PKCS#7 file.' })
  content!: string;

  @Field(() => String, { nullable: true, description: 'Password of a PKCS#12, JKS or JCEKS file. It is not stored.' })
  password?: string | null;
}
