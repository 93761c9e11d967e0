import type { Ed25519Jwk } from '@trustcast/schema';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('agents')
export class AgentEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'environment_id' })
  environmentId!: string;

  @Column('text')
  name!: string;

  @Column('bytea', { name: 'token_sha256' })
  tokenSha256!: Buffer;

  @Column('jsonb', { name: 'public_key', nullable: true })
  publicKey!: Ed25519Jwk | null;

  @Column('text', { nullable: true })
  hostname!: string | null;

  @Column('text', { name: 'agent_version', nullable: true })
  agentVersion!: string | null;
}
