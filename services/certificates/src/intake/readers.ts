import { admitCertificate } from '../domain/admit-certificate.js';
import { findCertificates } from '../domain/find-certificates.js';

/** What a thread can do. Plain values go in and come out, as they cross between threads. */
export const readers = { admit: admitCertificate, find: findCertificates };
export type Readers = typeof readers;
