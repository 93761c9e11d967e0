import { MAX_QUARANTINED } from '@trustcast/schema';
import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description:
    'A certificate that a host keeps out of its truststore because one of its JDKs cannot load the file with it.',
})
export class QuarantinedCertificate {
  @Field(() => String, { description: 'Alias of the entry. Aliases of the base begin with `base/`.' })
  alias!: string;

  @Field(() => String, { description: 'SHA-256 fingerprint of the DER encoding: 64 lower-case hexadecimal digits.' })
  fingerprint!: string;

  @Field(() => String, { description: 'Home directory of the JDK that cannot load the certificate.' })
  jdk!: string;
}

@ObjectType({
  description:
    'The certificates that a host keeps out of its truststore. `trustcast-agent lift-quarantine` on that host restores them.',
})
export class Quarantine {
  @Field(() => Int, { description: 'Number of quarantined certificates.' })
  total!: number;

  @Field(() => [QuarantinedCertificate], { description: `The quarantined certificates, at most ${MAX_QUARANTINED}.` })
  certificates!: readonly QuarantinedCertificate[];
}
