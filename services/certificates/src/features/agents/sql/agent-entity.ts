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

  /** Null: it enrolled with a key, and has none. */
  @Column('bytea', { name: 'token_sha256', nullable: true })
  tokenSha256!: Buffer | null;

  @Column('jsonb', { name: 'public_key', nullable: true })
  publicKey!: Ed25519Jwk | null;

  @Column('text', { nullable: true })
  hostname!: string | null;

  @Column('text', { name: 'agent_version', nullable: true })
  agentVersion!: string | null;
}
