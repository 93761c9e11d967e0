import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EnvironmentKind } from '../../records/environment-record.js';

@Entity('environments')
export class EnvironmentEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  title!: string;

  @Column('text')
  kind!: EnvironmentKind;

  @Column('boolean', { name: 'built_in' })
  builtIn!: boolean;

  @Column('bigint')
  epoch!: number;

  @Column('bigint')
  revision!: number;

  @Column('integer')
  entries!: number;
}
