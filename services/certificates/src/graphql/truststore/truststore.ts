import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { TruststoreFilter, TruststoreOrigin as Origin } from '../../domain/truststore-list.js';
import { ImportFields } from '../exchange/import.js';
import { connectionType, edgeType } from '../connection.js';

export const TruststoreOrigin = { MANAGED: 'MANAGED', BASE: 'BASE' } as const;
registerEnumType(TruststoreOrigin, {
  name: 'TruststoreOrigin',
  description: 'Where an entry of a truststore comes from.',
  valuesConfig: {
    MANAGED: { description: 'Deployed by Trustcast.' },
    BASE: { description: "The CAs of the JVM or of its own truststore, as the hosts' agents report them." },
  },
});

@InputType({ description: 'Which entries; all conditions hold.' })
export class TruststoreFilterInput implements TruststoreFilter {
  @Field(() => String, { nullable: true, description: 'Part of an alias, subject or fingerprint, in any case.' })
  text?: string | null;

  @Field(() => TruststoreOrigin, { nullable: true, description: 'Only those from there.' })
  origin?: Origin | null;

  @Field(() => Int, { nullable: true, description: 'It ends within so many days, or has ended.' })
  expiringWithinDays?: number | null;
}

@ObjectType({ description: 'What the JVMs of an environment trust.' })
export class TruststoreEntry {
  @Field(() => TruststoreOrigin, { description: 'Where it comes from.' })
  origin!: Origin;

  @Field(() => String, { description: 'Its name in the truststores; those of a base begin with `base/`.' })
  alias!: string;

  @Field(() => String, { description: 'SHA-256 of the DER encoding: 64 lower-case hexadecimal digits.' })
  fingerprint!: string;

  certificateId!: string | null;

  @Field(() => Int, {
    description: 'Registered hosts that are to have it, heard or not; those set aside are not counted.',
  })
  hosts!: number;

  @Field(() => Int, { description: 'Hosts of those that were not heard lately.' })
  unreachable!: number;

  @Field(() => Int, { description: 'Hosts of those that do not list all of their JVMs.' })
  incomplete!: number;

  @Field(() => Int, { description: 'Selected JVMs of those hosts, also those that a host counts and does not list.' })
  jvms!: number;

  @Field(() => Int, { description: 'JVMs of those that have proven that they use it.' })
  live!: number;
}

@ObjectType({ description: 'An entry in a page of a truststore.' })
export class TruststoreEdge extends edgeType(() => TruststoreEntry) {}

@ObjectType({ description: 'A page of a truststore.' })
export class TruststoreConnection extends connectionType(
  () => TruststoreEntry,
  () => TruststoreEdge,
  'managed ones by alias, then those of bases by alias',
) {
  environmentId!: string;
  filter!: TruststoreFilter;
}

@InputType({ description: 'An existing truststore, whose certificates are to be managed.' })
export class ImportTruststoreInput extends ImportFields {
  @Field(() => String, { description: 'Name of the environment to deploy them to.' })
  environment!: string;

  @Field(() => String, { description: 'Base64 of a PKCS#12, JKS, JCEKS, PEM or PKCS#7 file.' })
  content!: string;

  @Field(() => String, { nullable: true, description: 'Of a PKCS#12, JKS or JCEKS file; it is not kept.' })
  password?: string | null;
}
