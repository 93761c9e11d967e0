import { enCertificates } from './en-certificates.js';
import { enDefinitions } from './en-definitions.js';
import { enLists } from './en-lists.js';

/** English: every text of the console, which other languages put theirs in place of. */
export const en = {
  shell: {
    skip: 'Skip to the content',
    sections: 'Sections',
    language: 'Language',
    signOut: 'Sign out',
    loading: 'Loading …',
    notFound: 'There is no such page',
    notFoundLead: 'The address leads nowhere. Choose a section above.',
    reconnecting: 'The service does not answer. What is shown may be old; the connection is tried again.',
    cancel: 'Cancel',
    close: 'Close',
    copy: 'Copy',
    copied: 'Copied',
    back: 'Back',
    again: 'Try again',
    none: 'None',
    yes: 'Yes',
    no: 'No',
  },
  sections: {
    certificates: 'Certificates',
    jwks: 'JWKs',
    truststore: 'Truststore',
    hosts: 'Hosts',
    environments: 'Environments',
    audit: 'Audit',
  },
  signIn: {
    lead: 'Sign in with an API token. The first start wrote one with all permissions to the file of TRUSTCAST_ADMIN_TOKEN_FILE.',
    token: 'API token',
    submit: 'Sign in',
    kept: 'The token stays in the memory of this page. Closing or reloading the page signs you out.',
    refused: 'The service does not accept this token. It may be revoked or have ended: create another one.',
    expired: 'Your sign-in has ended',
    expiredLead: 'Sign in again to go on. Nothing that you typed is lost.',
  },
  failures: {
    offline: 'The service cannot be reached. Check that it runs and that you are connected, then try again.',
    unknown: 'The service could not answer. Try again in a moment.',
    forbidden: 'You do not have the permission for this. Ask an administrator for a grant.',
    title: 'This could not be loaded',
  },
  ...enCertificates,
  ...enDefinitions,
  ...enLists,
};

export type Strings = typeof en;
