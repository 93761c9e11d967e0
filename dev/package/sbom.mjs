import { createHash } from 'node:crypto';

/**
 * A CycloneDX 1.6 document of one artefact. The same content has the same serial number.
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.version
 * @param {Date} options.date
 * @param {readonly import('./packages-of.mjs').Component[]} options.packages
 * @param {readonly { name: string, version: string, sha256?: string, type: string, purl: string }[]} options.parts what is in it beside them
 */
export function sbom({ name, version, date, packages, parts }) {
  const root = `pkg:generic/${name}@${version}`;
  const components = [
    ...parts.map(({ sha256, ...part }) => ({
      ...part,
      'bom-ref': part.purl,
      ...(sha256 === undefined ? {} : { hashes: [{ alg: 'SHA-256', content: sha256 }] }),
    })),
    ...packages.map(componentOf),
  ];
  const content = {
    metadata: {
      timestamp: date.toISOString().replace('.000Z', 'Z'),
      component: { type: 'application', 'bom-ref': root, name, version, licenses: [{ license: { id: 'Apache-2.0' } }] },
    },
    components,
    dependencies: [{ ref: root, dependsOn: components.map((component) => component['bom-ref']) }],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`;
  return { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1, ...content };
}

/** @param {import('./packages-of.mjs').Component} component */
function componentOf({ name, version, license, integrity }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [algorithm = '', digest = ''] = integrity.split('-');
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    // One name is an id of SPDX; more are an expression.
    licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    hashes: [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') }],
  };
}

/** A UUID of version 8 (RFC 9562) by the content. @param {string} content */
function uuidOf(content) {
  const bytes = createHash('sha256').update(content).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
