import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  type CertificateFilter,
  type CertificateOrder,
  encodeCursor,
} from '../../../features/records/certificate-list.js';
import type { CertificateRecord } from '../../../features/records/certificate-record.js';
import type { PageRows } from '../../../features/records/paging/page.js';
import type { ListedCertificate } from '../../../features/certificates/read/list-certificates.js';
import { pageInfo } from '../shape/connection.js';
import { PageInfo } from '../shape/page-info.js';
import { Certificate } from './certificate.js';

export const CertificateSortKey = {
  NAME: 'NAME',
  CREATED_AT: 'CREATED_AT',
  UPDATED_AT: 'UPDATED_AT',
  NOT_AFTER: 'NOT_AFTER',
} as const;
registerEnumType(CertificateSortKey, {
  name: 'CertificateSortKey',
  description: 'Sort key of a list of certificates.',
  valuesConfig: {
    NAME: { description: 'Sorts by name, in code point order.' },
    CREATED_AT: { description: 'Sorts by time of creation.' },
    UPDATED_AT: { description: 'Sorts by time of the last change.' },
    NOT_AFTER: { description: "Sorts by the earliest expiry among a certificate's definitions." },
  },
});

@InputType({ description: 'Conditions on certificates, all of which must hold.' })
export class CertificateFilterInput implements CertificateFilter {
  @Field(() => String, { nullable: true, description: 'Name of an environment to which the certificate is deployed.' })
  environment?: string | null;

  @Field(() => String, { nullable: true, description: 'Part of a name, description, alias or subject, ignoring case.' })
  text?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 fingerprint of an X.509 certificate, with or without colons.',
  })
  fingerprint?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Number of days within which an X.509 certificate of the certificate expires. Expired ones match as well.',
  })
  expiringWithinDays?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether every selected, reachable JVM has proven the certificate, in the given environment or, without one, in all of the certificate's environments.",
  })
  live?: boolean | null;
}

@InputType({ description: 'Sort order of a list of certificates.' })
export class CertificateOrderInput implements CertificateOrder {
  @Field(() => CertificateSortKey, { description: 'Sort key.' })
  by!: CertificateOrder['by'];

  @Field(() => Boolean, { defaultValue: false, description: 'Whether to sort in descending order.' })
  descending!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'A certificate with its cursor.' })
export class CertificateEdge {
  @Field(() => Certificate, { description: 'The certificate.' })
  readonly node: CertificateRecord;
  readonly #order: CertificateOrder;
  readonly #sortKey: string;

  constructor(order: CertificateOrder, node: CertificateRecord, sortKey: string) {
    this.node = node;
    this.#order = order;
    this.#sortKey = sortKey;
  }

  @Field(() => String, { description: 'Cursor of the certificate, for `after` and `before`.' })
  get cursor(): string {
    return encodeCursor(this.#order, { sortKey: this.#sortKey, id: this.node.id });
  }
}

/** Creates edges only if they are selected; most clients select the nodes. */
@ObjectType({ simpleResolvers: true, description: 'A page of certificates.' })
export class CertificateConnection {
  readonly filter: CertificateFilter;
  readonly #order: CertificateOrder;
  readonly #page: PageRows<ListedCertificate>;

  constructor(filter: CertificateFilter, order: CertificateOrder, page: PageRows<ListedCertificate>) {
    this.filter = filter;
    this.#order = order;
    this.#page = page;
  }

  @Field(() => [CertificateEdge], { description: 'The certificates of this page with their cursors.' })
  get edges(): readonly CertificateEdge[] {
    return this.#page.rows.map((one) => new CertificateEdge(this.#order, one, one.sortKey));
  }

  @Field(() => [Certificate], { description: 'The certificates of this page.' })
  get nodes(): readonly CertificateRecord[] {
    return this.#page.rows;
  }

  @Field(() => PageInfo, { description: 'Position of this page in the list.' })
  get pageInfo(): PageInfo {
    return pageInfo(this.#page, this.edges);
  }
}
