import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { type CertificateFilter, type CertificateOrder, encodeCursor } from '../../domain/certificate-list.js';
import type { CertificateRecord } from '../../domain/certificate-record.js';
import type { PageRows } from '../../domain/page.js';
import type { ListedCertificate } from '../../postgres/list-certificates.js';
import { pageInfo } from '../connection.js';
import { PageInfo } from '../page-info.js';
import { Certificate } from './certificate.js';

export const CertificateSortKey = {
  NAME: 'NAME',
  CREATED_AT: 'CREATED_AT',
  UPDATED_AT: 'UPDATED_AT',
  NOT_AFTER: 'NOT_AFTER',
} as const;
registerEnumType(CertificateSortKey, {
  name: 'CertificateSortKey',
  description: 'What a list of certificates is sorted by.',
  valuesConfig: {
    NAME: { description: 'The name, by code points.' },
    CREATED_AT: { description: 'When it was created.' },
    UPDATED_AT: { description: 'When it was changed last.' },
    NOT_AFTER: { description: 'The earliest end of validity of its definitions.' },
  },
});

@InputType({ description: 'Which certificates; all conditions hold.' })
export class CertificateFilterInput implements CertificateFilter {
  @Field(() => String, { nullable: true, description: 'Name of an environment that it is deployed to.' })
  environment?: string | null;

  @Field(() => String, { nullable: true, description: 'Part of a name, description, alias or subject, in any case.' })
  text?: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 of a certificate, with or without colons.' })
  fingerprint?: string | null;

  @Field(() => Int, { nullable: true, description: 'One of its certificates ends within so many days, or has ended.' })
  expiringWithinDays?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether every selected JVM that is reachable has proven it, in the environment that is given or in all of its own.',
  })
  live?: boolean | null;
}

@InputType({ description: 'How to sort.' })
export class CertificateOrderInput implements CertificateOrder {
  @Field(() => CertificateSortKey, { description: 'What by.' })
  by!: CertificateOrder['by'];

  @Field(() => Boolean, { defaultValue: false, description: 'The last first.' })
  descending!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'A certificate in a list.' })
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

  @Field(() => String, { description: 'Where it is in the list: for `after` and `before`.' })
  get cursor(): string {
    return encodeCursor(this.#order, { sortKey: this.#sortKey, id: this.node.id });
  }
}

/** Makes what is asked for: most who list certificates ask for the nodes alone. */
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

  @Field(() => [CertificateEdge], { description: 'The certificates with their cursors.' })
  get edges(): readonly CertificateEdge[] {
    return this.#page.rows.map((one) => new CertificateEdge(this.#order, one, one.sortKey));
  }

  @Field(() => [Certificate], { description: 'The certificates.' })
  get nodes(): readonly CertificateRecord[] {
    return this.#page.rows;
  }

  @Field(() => PageInfo, { description: 'Where this page is.' })
  get pageInfo(): PageInfo {
    return pageInfo(this.#page, this.edges);
  }
}
