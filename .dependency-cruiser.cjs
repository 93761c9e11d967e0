/** The layers of docs/adr/0001-layers.md. */
const SERVICE = 'services/certificates/src/';

/** The features of the service, in the order in which they may know each other: each imports those before it. */
const FEATURES = [
  'records',
  'requests',
  'audit',
  'identity',
  'gate',
  'retrieval',
  'environments',
  'agents',
  'deployments',
  'jwks',
  'certificates',
  'exchange',
  'intake',
  'epochs',
  'rollback',
  'truststore',
  'expiry',
  'distribution',
];

const everyone = (path, notTo) => ({ from: { path }, to: notTo });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'services-and-agents-are-strangers',
      severity: 'error',
      comment: 'They speak through schema alone.',
      ...everyone('^services/', { path: '^(agents|clients)/' }),
    },
    {
      name: 'agents-and-services-are-strangers',
      severity: 'error',
      ...everyone('^agents/', { path: '^(services|clients)/' }),
    },
    {
      name: 'console-knows-nobody',
      severity: 'error',
      comment: 'It speaks the public GraphQL API, and is built for browsers.',
      ...everyone('^services/console/src/', {
        path: '^(agents|clients|packages|schema|migrations|services/(?!console/)|dev|test|bench)/',
      }),
    },
    {
      name: 'clients-know-no-program',
      severity: 'error',
      comment: 'A client speaks GraphQL and reads what it needs from schema and packages.',
      ...everyone('^clients/[^/]+/src/', { path: '^(services|agents|migrations)/' }),
    },
    {
      name: 'schema-knows-nobody',
      severity: 'error',
      ...everyone('^schema/', { path: '^(services|agents|clients|packages|migrations|dev|test|bench)/' }),
    },
    {
      name: 'packages-know-schema-alone',
      severity: 'error',
      ...everyone('^packages/[^/]+/src/', { path: '^(services|agents|clients|migrations|dev|test|bench)/' }),
    },
    {
      name: 'only-tests-cross',
      severity: 'error',
      comment: 'dev, test and bench import products; products import none of them.',
      ...everyone('^(schema|packages|clients|services|agents|migrations)/.*src/', { path: '^(dev|test|bench)/' }),
    },
    {
      name: 'platform-knows-no-business',
      severity: 'error',
      ...everyone(`^${SERVICE}platform/`, { path: `^${SERVICE}(features|api|start|serve|main|migrate)\\b` }),
    },
    {
      name: 'features-are-not-asked-how',
      severity: 'error',
      comment: 'How something is asked, and how a process starts, are no concern of what is done.',
      ...everyone(`^${SERVICE}features/`, { path: `^${SERVICE}(api|start|serve|main|migrate)\\b` }),
    },
    {
      name: 'api-starts-nothing',
      severity: 'error',
      ...everyone(`^${SERVICE}api/`, { path: `^${SERVICE}(start|serve|main|migrate)\\b` }),
    },
    {
      name: 'features-are-listed',
      severity: 'error',
      comment: 'A new folder of features has its place in FEATURES above.',
      ...everyone(`^${SERVICE}features/(?!(${FEATURES.join('|')})/)`, {}),
    },
    ...FEATURES.slice(0, -1).map((feature, index) => ({
      name: `${feature}-comes-before`,
      severity: 'error',
      comment: 'A feature imports those that stand before it in FEATURES.',
      ...everyone(`^${SERVICE}features/${feature}/`, {
        path: `^${SERVICE}features/(${FEATURES.slice(index + 1).join('|')})/`,
      }),
    })),
    {
      name: 'rules-are-pure',
      severity: 'error',
      comment: 'An allowlist: rules read as the business, whatever carries it. Of Node they know its hashes alone.',
      from: { path: `^${SERVICE}features/[^/]+/rules/`, pathNot: '\\.test\\.ts$' },
      to: {
        pathNot: [
          `^${SERVICE}features/[^/]+/rules/`,
          `^${SERVICE}features/records/[^/]+$`,
          '^schema/',
          '^packages/',
          '^(node:)?crypto$',
        ],
      },
    },
    {
      name: 'records-are-pure',
      severity: 'error',
      from: { path: `^${SERVICE}features/records/(paging/)?[^/]+$`, pathNot: '\\.test\\.ts$' },
      to: { pathNot: [`^${SERVICE}features/records/(paging/)?[^/]+$`, '^schema/', '^packages/', '^(node:)?crypto$'] },
    },
    {
      name: 'only-main-composes',
      severity: 'error',
      from: { path: '^(services|agents|clients)/.*/src/', pathNot: '/(main|executable)\\.ts$' },
      to: { path: '/src/main\\.ts$' },
    },
    {
      name: 'no-test-in-product',
      severity: 'error',
      from: { path: '/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules|\\.trustcast)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.depcruise.json' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      mainFields: ['module', 'main'],
    },
  },
};
