import { AgentEntity } from '../features/agents/sql/agent-entity.js';
import { EnvironmentEntity } from '../features/environments/sql/environment-entity.js';

/** Rows that are written rarely, and as entities. */
export const ENTITIES = [AgentEntity, EnvironmentEntity] as const;
