import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LINUX_PACKAGES } from './linux-packages.mjs';
import { tarGz } from './tar.mjs';

/** The C library of the oldest distribution that the Node.js of nodejs.org runs on. */
const DEPENDS = 'libc6 (>= 2.28), libstdc++6, libgcc-s1';
/** What dpkg calls each script, and when it does what the script is for (deb-postinst(7) and its like). */
const SCRIPTS = {
  'after-install': { name: 'postinst', when: '[ "$1" = configure ] || exit 0\nbefore=$2\n' },
  'before-remove': { name: 'prerm', when: '[ "$1" = remove ] || exit 0\n' },
  purge: { name: 'postrm', when: '[ "$1" = purge ] || exit 0\n' },
};

/**
 * Writes the packages for dpkg: an archive of ar(1) with two of tar, as deb(5) has it.
 * @param {import('./program-files.mjs').Context} context
 * @param {readonly string[]} [names]
 */
export async function makeDebs(context, names = Object.keys(LINUX_PACKAGES)) {
  const { out, version, date, node } = context;
  const written = [];
  for (const name of names) {
    const made = await LINUX_PACKAGES[name]?.(context);
    if (made === undefined) throw new Error(`there is no package ${name}`);
    const data = await tarGz(made.entries, date, './');
    const control = await tarGz(controlOf(context, name, made), date, './');
    const file = `${name}_${version}_${node.architecture.deb}.deb`;
    writeFileSync(
      join(out, file),
      ar({ 'debian-binary': Buffer.from('2.0\n'), 'control.tar.gz': control, 'data.tar.gz': data }, date),
    );
    written.push(file);
  }
  return written;
}

/**
 * @param {import('./program-files.mjs').Context} context @param {string} name
 * @param {import('./linux-packages.mjs').LinuxPackage} made
 * @returns {import('./tar.mjs').Entry[]}
 */
function controlOf({ version, node }, name, { summary, description, entries, configs, scripts }) {
  const files = entries.filter(({ content }) => content !== undefined);
  const bytes = files.reduce((sum, { content = '' }) => sum + Buffer.byteLength(content), 0);
  const fields = {
    Package: name,
    Version: version,
    Architecture: node.architecture.deb,
    Maintainer: 'Trustcast <trustcast@localhost>',
    'Installed-Size': String(Math.ceil(bytes / 1_024)),
    Depends: DEPENDS,
    Section: 'admin',
    Priority: 'optional',
    Description: `${summary}\n${wrapped(description)}`,
  };
  const sums = files.map(
    ({ name: path, content = '' }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`,
  );
  return [
    {
      name: 'control',
      content: Object.entries(fields)
        .map(([field, value]) => `${field}: ${value}\n`)
        .join(''),
    },
    { name: 'md5sums', content: sums.join('') },
    ...(configs.length > 0 ? [{ name: 'conffiles', content: configs.map((path) => `/${path}\n`).join('') }] : []),
    ...Object.entries(scripts).map(([script, body]) => {
      const { name: called, when } = SCRIPTS[/** @type {keyof typeof SCRIPTS} */ (script)];
      return { name: called, content: `#!/bin/sh\nset -e\n${when}${body}`, mode: 0o755 };
    }),
  ];
}

/** Lines of a description, each after a space. @param {string} text */
function wrapped(text) {
  return text.replace(/(.{1,76})(?: |$)/g, ' $1\n').trimEnd();
}

/** @param {Readonly<Record<string, Buffer>>} members @param {Date} date */
function ar(members, date) {
  const seconds = String(date.getTime() / 1_000);
  const parts = Object.entries(members).flatMap(([name, content]) => [
    Buffer.from(`${name.padEnd(16)}${seconds.padEnd(12)}0     0     100644  ${String(content.length).padEnd(10)}\`\n`),
    content,
    ...(content.length % 2 === 1 ? [Buffer.from('\n')] : []),
  ]);
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}
