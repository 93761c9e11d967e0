/** The layers of docs/adr/0001-layers.md. */
const everyone = (path, notTo) => ({ from: { path }, to: notTo });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'services-and-agents-are-strangers',
      severity: 'error',
      comment: 'They speak through schema alone.',
      ...everyone('^services/', { path: '^agents/' }),
    },
    { name: 'agents-and-services-are-strangers', severity: 'error', ...everyone('^agents/', { path: '^services/' }) },
    {
      name: 'schema-knows-nobody',
      severity: 'error',
      ...everyone('^schema/', { path: '^(services|agents|packages|migrations|dev|test|bench)/' }),
    },
    {
      name: 'packages-know-schema-alone',
      severity: 'error',
      ...everyone('^packages/[^/]+/src/', { path: '^(services|agents|migrations|dev|test|bench)/' }),
    },
    {
      name: 'only-tests-cross',
      severity: 'error',
      comment: 'dev, test and bench import products; products import none of them.',
      ...everyone('^(schema|packages|services|agents|migrations)/.*src/', { path: '^(dev|test|bench)/' }),
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'An allowlist: the domain reads as the business, whatever carries it.',
      from: { path: '^services/certificates/src/domain/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^services/certificates/src/domain/', '^schema/', '^packages/', '^node:', '^(crypto)$'] },
    },
    {
      name: 'only-main-composes',
      severity: 'error',
      from: { path: '^(services|agents)/.*/src/', pathNot: '/main\\.ts$' },
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
