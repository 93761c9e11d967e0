import type { MavenJar } from '@trustcast/dev/setup/maven-jar.mjs';

/** A security provider that applications put in front of the JDK's own, so that it opens their truststores. */
export interface JavaProvider {
  readonly name: string;
  readonly className: string;
  readonly jar: MavenJar;
  /** It opens a file with the file's password only: such an application sets one. */
  readonly needsPassword: boolean;
}

export const PROVIDERS: readonly JavaProvider[] = [
  {
    name: 'BouncyCastle',
    className: 'org.bouncycastle.jce.provider.BouncyCastleProvider',
    jar: {
      group: 'org.bouncycastle',
      artifact: 'bcprov-jdk18on',
      version: '1.87',
      sha256: '12d2d3dd82a9ec15e92ec7c7943ee64f6097c6dc12c07e984f1693b77565b9aa',
    },
    needsPassword: false,
  },
  {
    name: 'BC-FIPS',
    className: 'org.bouncycastle.jcajce.provider.BouncyCastleFipsProvider',
    jar: {
      group: 'org.bouncycastle',
      artifact: 'bc-fips',
      version: '2.1.2',
      sha256: '044fcd8a29d236edea8a5b414406cdae63b475f9ad9f05fe2dc904a277941115',
    },
    needsPassword: true,
  },
  {
    name: 'Conscrypt',
    className: 'org.conscrypt.OpenSSLProvider',
    jar: {
      group: 'org.conscrypt',
      artifact: 'conscrypt-openjdk-uber',
      version: '2.9.0',
      sha256: '2d63bd32716b7e30e946b5ba314c0518f2dfd502875d1366eff6d0d3c67a6ce4',
    },
    needsPassword: false,
  },
];
