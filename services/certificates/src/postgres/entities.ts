import { AgentEntity } from './agent-entity.js';
import { EnvironmentEntity } from './environment-entity.js';

/** Rows that are written rarely, and as entities. */
export const ENTITIES = [AgentEntity, EnvironmentEntity] as const;
