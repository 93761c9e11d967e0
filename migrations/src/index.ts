import { FirstSchema1763900000000 } from './2025-11/1763900000000-first-schema.js';
import { RefuseDeploy1763910000000 } from './2025-11/1763910000000-refuse-deploy.js';
import { Jwks1763930000000 } from './2025-11/1763930000000-jwks.js';
import { CompromisedCertificates1763931000000 } from './2025-11/1763931000000-compromised-certificates.js';
import { AuditTrail1763940000000 } from './2025-11/1763940000000-audit-trail.js';
import { ExpiryNotices1763940100000 } from './2025-11/1763940100000-expiry-notices.js';
import { Bases1763940200000 } from './2025-11/1763940200000-bases.js';
import { DefinitionUrl1763950000000 } from './2025-11/1763950000000-definition-url.js';
import { AuditDeployments1763960000000 } from './2025-11/1763960000000-audit-deployments.js';
import { ImportProgress1763970000000 } from './2025-11/1763970000000-import-progress.js';
import { AuditDeployed1763970100000 } from './2025-11/1763970100000-audit-deployed.js';
import { DeploymentMembers1764030000000 } from './2025-11/1764030000000-deployment-members.js';
import { CurrentKeys1764040000000 } from './2025-11/1764040000000-current-keys.js';
import { AgentsSetAside1764050000000 } from './2025-11/1764050000000-agents-set-aside.js';
import { StatusesIncomplete1764051300000 } from './2025-11/1764051300000-statuses-incomplete.js';
import { CertificateOwners1764080000000 } from './2025-11/1764080000000-certificate-owners.js';
import { IssuerLists1764140000000 } from './2025-11/1764140000000-issuer-lists.js';
import { AuditDeploymentOrder1764030100000 } from './2025-11/1764030100000-audit-deployment-order.js';
import { Quarantines1764120000000 } from './2025-11/1764120000000-quarantines.js';
import { ReleasedAgents1764120100000 } from './2025-11/1764120100000-released-agents.js';
import { AnnouncedKeys1764120200000 } from './2025-11/1764120200000-announced-keys.js';
import { Retention1764030200000 } from './2025-11/1764030200000-retention.js';
import { RegistrationSessions1764110000000 } from './2025-11/1764110000000-registration-sessions.js';
import { CertificatesOfBases1764110100000 } from './2025-11/1764110100000-certificates-of-bases.js';
import { LateStatuses1764160000000 } from './2025-11/1764160000000-late-statuses.js';
import { DuplicateAgents1764160100000 } from './2025-11/1764160100000-duplicate-agents.js';
import { HeldSets1764170000000 } from './2025-11/1764170000000-held-sets.js';
import { AuditRetention1764200100000 } from './1764200100000-audit-retention.js';
import { RevisionChanges1764200000000 } from './1764200000000-revision-changes.js';
import { Access1764300000000 } from './1764300000000-access.js';
import { Grants1764400000000 } from './1764400000000-grants.js';
import { Enrollment1764500000000 } from './1764500000000-enrollment.js';
import { TokenWarnings1764700000000 } from './1764700000000-token-warnings.js';
import { DuplicateBoots1764700100000 } from './1764700100000-duplicate-boots.js';
import { NoAuditDeploymentOrder1764750000000 } from './1764750000000-no-audit-deployment-order.js';
import { KindsByForm1764750000001 } from './1764750000001-kinds-by-form.js';
import { HostFacts1764760000000 } from './1764760000000-host-facts.js';
import { KeyLists1764800000000 } from './1764800000000-key-lists.js';
import { FactsInScope1764810000000 } from './1764810000000-facts-in-scope.js';

/** All migrations, oldest first. A merged one is never edited; changes expand first and contract in a later release. */
export const migrations = [
  FirstSchema1763900000000,
  RefuseDeploy1763910000000,
  Jwks1763930000000,
  CompromisedCertificates1763931000000,
  AuditTrail1763940000000,
  ExpiryNotices1763940100000,
  Bases1763940200000,
  DefinitionUrl1763950000000,
  AuditDeployments1763960000000,
  ImportProgress1763970000000,
  AuditDeployed1763970100000,
  DeploymentMembers1764030000000,
  CurrentKeys1764040000000,
  AgentsSetAside1764050000000,
  StatusesIncomplete1764051300000,
  CertificateOwners1764080000000,
  AuditDeploymentOrder1764030100000,
  Retention1764030200000,
  Quarantines1764120000000,
  IssuerLists1764140000000,
  ReleasedAgents1764120100000,
  AnnouncedKeys1764120200000,
  RegistrationSessions1764110000000,
  CertificatesOfBases1764110100000,
  LateStatuses1764160000000,
  DuplicateAgents1764160100000,
  HeldSets1764170000000,
  RevisionChanges1764200000000,
  AuditRetention1764200100000,
  Access1764300000000,
  Grants1764400000000,
  Enrollment1764500000000,
  TokenWarnings1764700000000,
  DuplicateBoots1764700100000,
  NoAuditDeploymentOrder1764750000000,
  KindsByForm1764750000001,
  HostFacts1764760000000,
  KeyLists1764800000000,
  FactsInScope1764810000000,
];
